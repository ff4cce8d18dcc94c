// Who reads what: services in a random graph, one host per service and key.
#pragma once
#include <array>

#include "tests/sim/model/event.hpp"
#include "tests/sim/model/random.hpp"

namespace tomnext::sim {

constexpr int service_count = 4;
constexpr int key_count = 3;
constexpr int host_count = service_count * key_count;
constexpr unsigned never = ~0U;

[[nodiscard]] constexpr int service_of(int host) { return host / key_count; }
[[nodiscard]] constexpr std::uint8_t key_of(int host) { return static_cast<std::uint8_t>(host % key_count); }
/// Hosts of the first service turn raw items of the outside into quotes.
[[nodiscard]] constexpr bool is_ingress(int host) { return service_of(host) == 0; }

class topology {
 public:
  explicit topology(random_source& random);

  /// Whether the event is an input of that host in that version of its service. Later versions read more, never less.
  [[nodiscard]] bool reads(int host, unsigned fold_version, const event& e) const;
  /// How likely each of a reaction's three possible outputs is, in percent: high enough for cascades, low enough for an end.
  [[nodiscard]] std::uint64_t output_percent() const { return output_percent_; }

 private:
  struct lane {
    unsigned since_version = never;
    bool all_keys = false;
  };
  [[nodiscard]] static bool carries(const lane& l, int host, unsigned fold_version, const event& e) {
    return fold_version >= l.since_version && l.since_version != never && (l.all_keys || e.key == key_of(host));
  }

  std::array<lane, service_count> quotes_{};
  std::array<std::array<lane, service_count>, service_count> outputs_{};  // [from][to]
  std::uint64_t output_percent_{};
};

}  // namespace tomnext::sim
