// What kills a host each time that it is tried: remembered across the lives of the host. Knows no actors.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace tomnext::actors {

/// What becomes of an input that has killed its host so many times.
enum class poison_policy : std::uint8_t {
  park,  ///< passed over: recorded as the reaction to it, with an alert, and the host goes on
  stop   ///< the node stops
};

struct poison_rule {
  std::uint32_t deaths_max = 3;  ///< of one host by one input, one after the other
  poison_policy then = poison_policy::park;
};

/// Of one host. One life at a time writes it, and the next reads it.
class poison_watch {
 public:
  explicit poison_watch(poison_rule rule = {}) : rule_(rule) {}

  /// The host dies of this input.
  void died_of(std::uint64_t seq, std::string why) {
    deaths_ = seq == seq_ ? deaths_ + 1 : 1;
    seq_ = seq;
    why_ = std::move(why);
  }
  /// The input is not to be tried again.
  [[nodiscard]] bool is_poison() const { return deaths_ >= rule_.deaths_max; }
  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] poison_policy policy() const { return rule_.then; }
  /// "killed this host 3 times: division by zero".
  [[nodiscard]] std::string why() const { return "killed this host " + std::to_string(deaths_) + " times: " + why_; }

 private:
  poison_rule rule_;
  std::uint64_t seq_ = 0;
  std::uint32_t deaths_ = 0;
  std::string why_;
};

}  // namespace tomnext::actors
