// What must be true of every history when all has come to rest.
#include <map>
#include <set>

#include "tests/sim/model/node.hpp"
#include "tests/sim/model/oracle.hpp"

namespace tomnext::sim {

void node::verdict() {
  check_snapshots_belong();
  judge_hosts();
  judge_effects();
  judge_commands();
  judge_timers();
  judge_sources();
  judge_lives();
}

void node::judge_hosts() {
  for (int host = 0; host < host_count; ++host) {
    const auto truth = decide_again(role_of(host), journal_.log(), log_extent::complete);
    if (!truth.problem.empty()) return fail("at the end: " + truth.problem);
    if (truth.fingerprint != at(host).now.fingerprint()) return fail("a live state is not the fold of the log");
    if (truth.unmarked_inputs >= quiet_inputs_max) return fail("the log does not tell who decided a host's last inputs");
  }
  for (const auto& s : stored_) {
    if (s.fold_version != fold_version_of(build_)) continue;
    const auto again = recover(role_of(s.host), journal_.log(), &s);
    if (!again.problem.empty()) return fail("from a stored snapshot: " + again.problem);
    if (again.now.fingerprint() != at(s.host).now.fingerprint()) return fail("a stored snapshot and its tail are not the full replay");
  }
}

void node::judge_effects() {
  std::set<std::uint64_t> recorded;
  for (const auto& e : journal_.log()) {
    if (e.type != kind::effect) continue;
    if (!recorded.insert(e.id).second) return fail("an effect is recorded twice");
    const auto arrived = venue_.received.find(e.id);
    if (arrived == venue_.received.end()) return fail("a recorded effect never left");
    if (arrived->second.size() != 1) return fail("an effect left twice");
    if (arrived->second.front() != e.payload) return fail("an effect left with other contents than recorded");
  }
  for (const auto& [id, contents] : venue_.received)
    if (!recorded.contains(id)) return fail("an effect left and its event is not in the log");
  figures_.effects += recorded.size();
}

void node::judge_commands() {
  std::map<std::uint64_t, std::vector<std::uint64_t>> outcomes;
  for (const auto& e : journal_.log())
    if (e.type == kind::command_done) outcomes[e.id].push_back(e.payload);
  for (const auto& c : clients_.commands()) {
    const auto& results = outcomes[c.key];
    if (results.empty()) return fail("a command was never executed");
    if (results.size() > 1) return fail("a command was executed twice");
    if (!c.answered) return fail("a command was never answered");
    if (c.result != results.front()) return fail("a client was told an outcome that the log does not have");
  }
  figures_.commands += clients_.commands().size();
}

void node::judge_timers() {
  struct life {
    unsigned generation = 0;
    bool waiting = false;
  };
  std::map<std::pair<int, unsigned>, life> timers;
  for (const auto& e : journal_.log()) {
    auto& timer = timers[{e.host, e.slot}];
    if (e.type == kind::timer_armed) {
      ++figures_.timers;
      timer = {e.generation, true};
    }
    if (e.type != kind::timer_answered) continue;
    if (!timer.waiting || timer.generation != e.generation) return fail("a timer was answered that was not armed, or twice");
    timer.waiting = false;
  }
  for (const auto& [where, timer] : timers)
    if (timer.waiting) return fail("a timer was never answered");
}

void node::judge_sources() {
  std::map<int, std::uint64_t> last;
  for (const auto& e : journal_.log())
    if (e.type == kind::quote && e.source_position != ++last[e.host]) return fail("an item of a source is lost, or there twice");
}

void node::judge_lives() {
  std::array<unsigned, host_count> incarnation{};
  for (const auto& e : journal_.log()) {
    if (e.host == outside) continue;
    auto& newest = incarnation[static_cast<std::size_t>(e.host)];
    if (e.incarnation < newest) return fail("an earlier incarnation wrote behind a later one");
    newest = e.incarnation;
    const bool answers = !is_mark(e) && e.type != kind::quote;
    if (answers && e.position <= at(e.host).born_at) return fail("a new host decided on what was before it");
    if (e.type == kind::input_parked) ++figures_.parked;
  }
}

}  // namespace tomnext::sim
