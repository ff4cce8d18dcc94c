// When an actor handled which stretch of the log: the latest, for tracing, in fixed memory and without locks.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tomnext::actors {

/// One writer, any number of readers.
class hop_ring {
 public:
  static constexpr std::size_t places = 4'096;
  /// Events first_seq … last_seq, in the steady clock's nanoseconds.
  struct hop {
    std::uint64_t first_seq{}, last_seq{}, begun_ns{}, ended_ns{};
  };

  /// The writer only.
  void note(const hop& h) {
    auto& p = places_[next_++ % places];
    p.version.store(p.version.load(relaxed) + 1, relaxed);  // odd: being written
    std::atomic_thread_fence(std::memory_order_release);
    p.first_seq.store(h.first_seq, relaxed);
    p.last_seq.store(h.last_seq, relaxed);
    p.begun_ns.store(h.begun_ns, relaxed);
    p.ended_ns.store(h.ended_ns, relaxed);
    p.version.store(p.version.load(relaxed) + 1, std::memory_order_release);
  }
  /// The earliest that holds this event; nothing where it is too long ago, or none ever did.
  [[nodiscard]] std::optional<hop> find(std::uint64_t seq) const {
    std::optional<hop> found;
    for (const auto& p : places_) {
      const auto before = p.version.load(std::memory_order_acquire);
      const hop h{p.first_seq.load(relaxed), p.last_seq.load(relaxed), p.begun_ns.load(relaxed), p.ended_ns.load(relaxed)};
      std::atomic_thread_fence(std::memory_order_acquire);
      if (before % 2 != 0 || before == 0 || p.version.load(relaxed) != before || seq < h.first_seq || seq > h.last_seq) continue;
      if (!found || h.begun_ns < found->begun_ns) found = h;
    }
    return found;
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  struct place {
    std::atomic<std::uint32_t> version{0};
    std::atomic<std::uint64_t> first_seq{0}, last_seq{0}, begun_ns{0}, ended_ns{0};
  };
  std::array<place, places> places_{};
  std::size_t next_ = 0;  // of the writer
};

}  // namespace tomnext::actors
