// What must be true of a log whatever its node went through, each law by its name. Folded event by event, so that every step can be checked.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "persistence/event_log.hpp"
#include "tests/support/order_invariants.hpp"

namespace tomnext::tests {

/// A reaction is whole in one group, and there once for each (host, input): law 6. One for the sequenced feed, another for the durable log.
class reaction_law {
 public:
  /// Empty, or what is broken.
  std::string take(const persistence::group& g);

 private:
  struct last_reaction {
    std::uint64_t cause = 0;
    std::uint16_t ordinal = 0;
    std::uint64_t group = 0;
  };
  std::map<std::uint32_t, last_reaction> last_;  // by host
  std::uint64_t groups_ = 0;
};

/// I1, I2 and I4 to I6, and what laws 2, 6, 9 and 12 say of a log.
class log_laws {
 public:
  /// The next durable group. Nothing is looked at once something is broken.
  void take(const persistence::group& g);
  /// Empty, or the first law that was broken, with the event.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  /// At the end, when faults have stopped and all is answered: every order has ended.
  [[nodiscard]] std::string broken_at_end() const { return broken_.empty() ? orders_.broken_at_end() : broken_; }

  [[nodiscard]] std::uint64_t head() const { return head_; }
  [[nodiscard]] const order_invariants& orders() const { return orders_; }
  /// The seq of the command with this key; 0: there is none.
  [[nodiscard]] std::uint64_t command_of(const std::string& key) const;
  /// True where event `seq` is a host's mark that a snapshot of this host may stand on, with exactly these inputs in it.
  [[nodiscard]] bool is_snapshot_mark(std::uint64_t seq, std::uint64_t covered, const std::string& host) const;
  [[nodiscard]] bool is_firing_or_resolved_alert(std::uint64_t seq) const { return alerts_.contains(seq); }
  [[nodiscard]] std::size_t alerts() const { return alerts_.size(); }
  [[nodiscard]] std::size_t job_runs() const { return runs_.size(); }

 private:
  void look(const event& e);
  void seqs_are_gapless(const event& e);
  void time_never_goes_back(const event& e);
  void causes_come_first(const event& e);
  void incarnations_never_go_back(const event& e);
  void sources_are_read_once(const event& e);
  void timers_fire_once(const event& e);
  void keys_are_used_once(const event& e);
  void jobs_run_once(const event& e);
  void broke(const event& e, const std::string& law);

  std::string broken_;
  std::uint64_t head_ = 0, epoch_ = 0;
  timestamp at_{};
  std::vector<std::uint16_t> depths_{0};  // of the chain of causes, by seq
  std::map<std::uint32_t, std::uint32_t> incarnations_;
  std::map<std::uint32_t, std::uint64_t> positions_;  // of ingresses
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> armed_, fired_;
  std::map<std::string, std::uint64_t> commands_;
  std::map<std::pair<std::string, timestamp>, std::uint64_t> runs_;  // by job and scheduled time: the number
  std::map<std::string, std::pair<std::uint64_t, bool>> last_runs_;  // of each job: the last number, and whether that run has ended
  struct mark {
    std::uint32_t host;
    std::uint64_t consumed;
  };
  std::map<std::uint64_t, mark> marks_;
  std::map<std::uint32_t, std::string> names_;  // of hosts
  std::set<std::uint64_t> alerts_;
  reaction_law reactions_;
  order_invariants orders_;
};

}  // namespace tomnext::tests
