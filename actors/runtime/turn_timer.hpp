// How long messages take, without a reading of the clock for each: short ones are timed a few at a time.
#pragma once
#include <cstdint>

namespace tomnext::actors {

/// So many messages that took so long together; `longest_ns` of one of them, where that one is known to have been long.
struct timed_messages {
  std::uint64_t count{};
  std::uint64_t total_ns{};
  std::uint64_t longest_ns{};
};

/// Times one turn of an actor: some messages handled in a row on one thread. A message begins where the one before it ended, the first where the turn began.
/// While messages take less than `short_ns` on average, `together` of them share a reading of the clock; from the first that does not, each has its own.
/// A long one among short ones is known by the time that they took together.
class turn_timer {
 public:
  static constexpr std::uint64_t short_ns = 4'000;
  static constexpr std::uint64_t together = 8;

  explicit turn_timer(std::uint64_t now_ns, bool are_short) : last_ns_(now_ns), until_(are_short ? together : 1) {}

  /// One more message was handled: true where settle() is due.
  bool count() { return ++pending_ >= until_; }
  /// What has been handled since the clock was read last.
  timed_messages settle(std::uint64_t now_ns) {
    timed_messages t{pending_, now_ns > last_ns_ ? now_ns - last_ns_ : 0, 0};
    last_ns_ = now_ns;
    pending_ = 0;
    if (t.count == 0) return t;
    const bool are_short = t.total_ns < t.count * short_ns;
    if (!are_short) t.longest_ns = t.total_ns;  // all but one were short a moment ago
    until_ = are_short ? together : 1;
    return t;
  }
  /// What happened until now was no message.
  void skip_to(std::uint64_t now_ns) { last_ns_ = now_ns; }

  [[nodiscard]] std::uint64_t last_ns() const { return last_ns_; }
  [[nodiscard]] std::uint64_t pending() const { return pending_; }
  [[nodiscard]] bool are_short() const { return until_ != 1; }

 private:
  std::uint64_t last_ns_;
  std::uint64_t pending_ = 0;
  std::uint64_t until_;
};

}  // namespace tomnext::actors
