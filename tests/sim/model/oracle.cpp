#include "tests/sim/model/oracle.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace tomnext::sim {
namespace {

// The oracle knows nothing of snapshots, incarnations or cursors. What a service itself does under a broken rule it repeats, so that such a rule
// is refuted by what comes of it, not by the oracle's knowing better.
class hearing {
 public:
  hearing(const host_role& role, std::span<const event> log, log_extent extent) : role_(role), log_(log), extent_(extent) { collect(); }

  testimony run() {
    std::set<unsigned> versions{fold_version_of(role_.build)};
    for (const auto& m : marks_) versions.insert(fold_version_of(m.build));
    for (const auto version : versions) fold(version);
    return std::move(out_);
  }

 private:
  struct mark {
    seq_number decides_after;
    unsigned build;
  };

  void problem(const char* what, seq_number seq) {
    if (out_.problem.empty()) out_.problem = std::string(what) + " (host " + std::to_string(role_.host) + ", input " + std::to_string(seq) + ")";
  }

  void collect() {
    for (const auto& e : log_) {
      if (e.host != role_.host) continue;
      decided_to_ = std::max(decided_to_, e.position);
      if (e.type == kind::host_activated) marks_.push_back({e.position, e.build});
      else if (e.type == kind::quote) items_[e.position].push_back(e);
      else if (!is_mark(e)) answers_[e.position].push_back(e);
    }
    // A host that was never activated has nothing to answer.
    if (marks_.empty() && role_.broken != broken_rule::new_host_decides_history) decided_to_ = log_.size();
    if (answers_.contains(0)) problem("an output without a cause", 0);
  }

  /// Who decided on that input, as far as the log tells.
  [[nodiscard]] std::optional<unsigned> decider(seq_number seq) const {
    if (extent_ == log_extent::cut && seq > decided_to_) return role_.build;
    std::optional<unsigned> found;
    for (const auto& m : marks_)
      if (m.decides_after < seq) found = m.build;
    return found;
  }
  [[nodiscard]] reaction recorded(const std::map<seq_number, reaction>& by_position, seq_number seq) const {
    const auto found = by_position.find(seq);
    return found == by_position.end() ? reaction{} : found->second;
  }

  void fold(unsigned version) {
    state s;
    host_role as = role_;
    as.build = version * 2;
    for (const auto& item : recorded(items_, 0)) apply_output(as, s, item);
    for (seq_number seq = 1; seq <= log_.size() && out_.problem.empty(); ++seq) {
      const event& e = log_[static_cast<std::size_t>(seq - 1)];
      const auto by = decider(seq);
      const bool here = by && fold_version_of(*by) == version;
      const auto answer = recorded(answers_, seq);
      if (here) {
        as.build = *by;
        confirm(as, s, e, seq, answer);
      } else {
        if (as.reads(e) && !by && !answer.empty()) problem("an output on an input before the host's activation", seq);
        const bool parked = !answer.empty() && answer.front().type == kind::input_parked;
        if (as.reads(e) && !parked) apply_input(as, s, e);
        if (!parked)
          for (const auto& own : answer) apply_output(as, s, own);
      }
      for (const auto& item : recorded(items_, seq)) apply_output(as, s, item);
    }
    if (version == fold_version_of(role_.build)) out_.fingerprint = s.fingerprint();
  }

  void confirm(const host_role& as, state& s, const event& input, seq_number seq, const reaction& answer) {
    if (!as.reads(input)) {
      if (!answer.empty()) problem("an output without a cause", seq);
      return;
    }
    auto decided = react(as, s, input, seq);
    if (seq > decided_to_) {
      ++out_.unmarked_inputs;
      if (extent_ == log_extent::cut) {
        if (!decided.empty()) out_.missing.push_back(std::move(decided));
        return;
      }
    }
    if (answer.size() < decided.size()) return problem("an output is lost", seq);
    if (!std::equal(decided.begin(), decided.end(), answer.begin(), same_content)) return problem("a recorded output is not what its host decides", seq);
    if (answer.size() > decided.size()) problem("an output is there twice, or out of nothing", seq);
  }

  host_role role_;
  std::span<const event> log_;
  log_extent extent_;
  std::vector<mark> marks_;
  std::map<seq_number, reaction> answers_;
  std::map<seq_number, reaction> items_;  // an ingress's quotes: made of raw items that no log has, so they are folded, not decided
  seq_number decided_to_ = 0;
  testimony out_;
};

}  // namespace

testimony decide_again(const host_role& role, std::span<const event> log, log_extent extent) { return hearing(role, log, extent).run(); }

}  // namespace tomnext::sim
