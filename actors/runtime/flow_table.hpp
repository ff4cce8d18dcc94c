// Who sent what, counted by the receiver without locks in fixed memory.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomnext::actors {

/// One writer, any number of readers. A sender and a message name together have a place of their own as long as there is one near; what finds none is
/// counted with the others, so the sum is always right.
class flow_table {
 public:
  static constexpr std::size_t places = 64;
  struct row {
    std::uint64_t sender{};   ///< id of the actor; 0: from outside of actors, or one of the others
    std::uint64_t message{};  ///< its name as the framework has it; 0 for the others
    std::uint64_t count{};
  };

  /// The writer only.
  void count(std::uint64_t sender, std::uint64_t message) {
    auto& last = rows_[last_];
    if (last.sender.load(relaxed) == sender && last.message.load(relaxed) == message && last.count.load(relaxed) != 0) return add(last);
    auto at = static_cast<std::size_t>(((sender * 0x9E3779B97F4A7C15ULL) ^ (message * 0xC2B2AE3D27D4EB4FULL)) >> 58);
    for (int tried = 0; tried < 8; ++tried, at = (at + 1) % places) {
      auto& r = rows_[at];
      if (r.count.load(relaxed) == 0) {
        r.sender.store(sender, relaxed);
        r.message.store(message, relaxed);
        r.count.store(1, std::memory_order_release);  // a reader that sees the count sees whose it is
        last_ = at;
        return;
      }
      if (r.sender.load(relaxed) != sender || r.message.load(relaxed) != message) continue;
      last_ = at;
      return add(r);
    }
    others_.store(others_.load(relaxed) + 1, relaxed);
  }
  /// Goes on where an earlier life ended.
  void take_over(const flow_table& earlier) {
    for (std::size_t i = 0; i < places; ++i) {
      rows_[i].sender.store(earlier.rows_[i].sender.load(relaxed), relaxed);
      rows_[i].message.store(earlier.rows_[i].message.load(relaxed), relaxed);
      rows_[i].count.store(earlier.rows_[i].count.load(relaxed), relaxed);
    }
    others_.store(earlier.others_.load(relaxed), relaxed);
  }

  [[nodiscard]] std::vector<row> rows() const {
    std::vector<row> all;
    for (const auto& r : rows_)
      if (const auto n = r.count.load(std::memory_order_acquire); n != 0) all.push_back({r.sender.load(relaxed), r.message.load(relaxed), n});
    if (const auto n = others_.load(relaxed); n != 0) all.push_back({0, 0, n});
    return all;
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  struct place {
    std::atomic<std::uint64_t> sender{0}, message{0}, count{0};
  };
  static void add(place& r) { r.count.store(r.count.load(relaxed) + 1, relaxed); }

  std::array<place, places> rows_{};
  std::atomic<std::uint64_t> others_{0};
  std::size_t last_ = 0;  // of the writer
};

}  // namespace tomnext::actors
