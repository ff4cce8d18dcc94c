// What the benchmarks of the log append: events of some 200 bytes, in groups.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/replay/kernel.hpp"
#include "persistence/event_log.hpp"
#include "persistence/group_codec.hpp"

namespace tomnext::bench {

// Text that differs from event to event: an encoded event of some 200 bytes.
inline operator_commanded command(std::uint64_t n) {
  const auto filled = [](std::uint64_t seed) {
    std::string s(text::capacity, ' ');
    for (auto& c : s) c = static_cast<char>('a' + (seed = seed * 6364136223846793005u + 1442695040888963407u) / (std::uint64_t{1} << 60));
    return text(std::string_view(s));
  };
  operator_commanded e;
  e.target = static_cast<std::uint32_t>(n);
  e.who = filled(n);
  e.why = filled(n + 1);
  e.idempotency_key = filled(n + 2);
  return e;
}
inline event input(std::uint64_t n) {
  header h;
  h.host = replay::operator_ingress;
  return {h, command(n)};
}

inline std::vector<persistence::group_ref> groups_of(std::uint64_t count, std::size_t events_each) {
  std::vector<persistence::group_ref> all;
  std::uint64_t seq = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto g = std::make_shared<persistence::group>();
    g->epoch = 1;  // of a log that is opened for the first time
    for (std::size_t k = 0; k < events_each; ++k) {
      auto e = input(seq);
      e.head.seq = e.head.correlation = ++seq;
      g->events.push_back(e);
    }
    all.push_back(std::move(g));
  }
  return all;
}
inline std::uint64_t encoded_bytes(const std::vector<persistence::group_ref>& groups) {
  std::uint64_t bytes = 0;
  std::string buffer;
  for (const auto& g : groups) {
    persistence::encode_group(*g, {}, buffer);
    bytes += buffer.size();
  }
  return bytes;
}

}  // namespace tomnext::bench
