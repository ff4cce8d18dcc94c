// What two runs over the same market decided, side by side: decisions that only one of them made, and what each came to.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/money.hpp"
#include "domain/events/event.hpp"

namespace tomnext::replay {

/// One decision in words that two runs share: without seqs, and without ids, which count on differently after the first difference.
struct decision_line {
  timestamp at;
  host_id host;
  std::string what;  ///< "intends to sell 1000000 of instrument 1, closing"
  bool operator==(const decision_line&) const = default;
};
/// Signals, intents, denials, refusals and fills, and changes of the trading state; nothing for every other event.
std::optional<decision_line> decision_of(const event& e);

/// What a run came to. Amounts in minor units of the account's currency.
struct run_outcome {
  std::uint64_t signals = 0, intents = 0, denied = 0, rejected = 0, fills = 0, positions = 0;
  amount balance, commission, financing;
  std::optional<amount> equity;  ///< as it was valued last
  void count(const event& e);
};

/// Lines that are kept of a difference; beyond that they are counted.
inline constexpr std::size_t shown_decisions_max = 1'000;
/// A run that is so many decisions ahead of the other is not waited for any longer.
inline constexpr std::size_t waiting_decisions_max = 65'536;

struct decision_comparison {
  struct difference {
    decision_line line;
    bool recorded{};  ///< only the recorded run made it; else only the other
  };
  std::uint64_t same = 0, only_recorded = 0, only_other = 0;
  std::vector<difference> shown;  ///< the first of them, in the order of their times
};

/// Fed with both runs, each in the order of its times; an instant is compared when both are past it. Within an instant each line is met by an equal one,
/// whatever their order.
class decision_differ {
 public:
  void recorded(const event& e) { take(recorded_, e); }
  void other(const event& e) { take(other_, e); }
  decision_comparison finish();

 private:
  void take(std::deque<decision_line>& line, const event& e);
  void settle(bool at_end);
  void settle_instant(timestamp at);
  void differs(decision_line line, bool recorded);

  std::deque<decision_line> recorded_, other_;
  decision_comparison so_far_;
};

}  // namespace tomnext::replay
