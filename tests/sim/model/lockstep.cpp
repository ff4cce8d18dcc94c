#include "tests/sim/model/lockstep.hpp"

#include <deque>
#include <map>

namespace tomnext::sim {
namespace {

class running {
 public:
  running(const topology& wiring, release_order order, random_source& schedule) : wiring_(wiring), order_(order), schedule_(schedule) {}

  void admit(const event& input) {
    log_.push_back(input);
    for (;;) {
      const bool moved = schedule_.chance(60) ? some_host() || release() : release() || some_host();
      if (!moved) return;
    }
  }
  outcome end() {
    outcome o;
    o.log = std::move(log_);
    for (std::size_t h = 0; h < host_count; ++h) o.fingerprints[h] = hosts_[h].now.fingerprint();
    return o;
  }

 private:
  struct lane {
    state now;
    seq_number read_to = 0;
    std::deque<reaction> on_the_way;
  };
  [[nodiscard]] const event& at(seq_number seq) const { return log_[static_cast<std::size_t>(seq - 1)]; }
  [[nodiscard]] host_role role_of(int host) const { return {host, 0, &wiring_}; }

  // Any host that has something to read takes one input.
  bool some_host() {
    const auto first = schedule_.below(host_count);
    for (std::uint64_t i = 0; i < host_count; ++i)
      if (take_one(static_cast<int>((first + i) % host_count))) return true;
    return false;
  }
  bool take_one(int host) {
    auto& h = hosts_[static_cast<std::size_t>(host)];
    while (h.read_to < log_.size()) {
      const event input = at(++h.read_to);
      if (!role_of(host).reads(input)) continue;
      auto answer = react(role_of(host), h.now, input, h.read_to);
      if (order_ == release_order::by_cause_and_rank) answers_[{h.read_to, host}] = std::move(answer);
      else if (!answer.empty()) h.on_the_way.push_back(std::move(answer));
      return true;
    }
    return false;
  }

  bool release() { return order_ == release_order::by_cause_and_rank ? release_next() : release_any(); }
  bool release_any() {
    const auto first = schedule_.below(host_count);
    for (std::uint64_t i = 0; i < host_count; ++i) {
      auto& waiting = hosts_[static_cast<std::size_t>((first + i) % host_count)].on_the_way;
      if (waiting.empty()) continue;
      log_.insert(log_.end(), waiting.front().begin(), waiting.front().end());
      waiting.pop_front();
      return true;
    }
    return false;
  }
  // One answer, if the next in line is there.
  bool release_next() {
    for (; next_cause_ <= log_.size(); ++next_cause_, next_rank_ = 0)
      for (; next_rank_ < host_count; ++next_rank_) {
        if (!role_of(next_rank_).reads(at(next_cause_))) continue;
        const auto found = answers_.find({next_cause_, next_rank_});
        if (found == answers_.end()) return false;
        log_.insert(log_.end(), found->second.begin(), found->second.end());
        answers_.erase(found);
        ++next_rank_;
        return true;
      }
    return false;
  }

  const topology& wiring_;
  release_order order_;
  random_source& schedule_;
  std::vector<event> log_;
  std::array<lane, host_count> hosts_{};
  std::map<std::pair<seq_number, int>, reaction> answers_;  // not yet released, by (cause, rank)
  seq_number next_cause_ = 1;
  int next_rank_ = 0;
};

}  // namespace

outcome one_thread(const topology& wiring, const std::vector<event>& inputs) {
  outcome o;
  std::array<state, host_count> states{};
  std::size_t published = 0;
  for (const auto& input : inputs) {
    o.log.push_back(input);
    for (; published < o.log.size(); ++published) {
      const event e = o.log[published];
      for (int host = 0; host < host_count; ++host) {
        const host_role role{host, 0, &wiring};
        if (!role.reads(e)) continue;
        const auto answer = react(role, states[static_cast<std::size_t>(host)], e, published + 1);
        o.log.insert(o.log.end(), answer.begin(), answer.end());
      }
    }
  }
  for (std::size_t h = 0; h < host_count; ++h) o.fingerprints[h] = states[h].fingerprint();
  return o;
}

outcome many_hosts(const topology& wiring, const std::vector<event>& inputs, release_order order, random_source& schedule) {
  running r(wiring, order, schedule);
  for (const auto& input : inputs) r.admit(input);
  return r.end();
}

}  // namespace tomnext::sim
