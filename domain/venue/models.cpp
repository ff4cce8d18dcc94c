#include "domain/venue/models.hpp"

#include <algorithm>

namespace tomnext::venue {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// 0 to count − 1; the high half of a product, so that no remainder favours the small ones.
std::int64_t spread_over(std::int64_t drawn, std::int64_t count) { return static_cast<std::int64_t>(int128{drawn} * count / rate::one); }

}  // namespace

std::int64_t draw(std::uint64_t seed, order_id order, draw_for purpose, std::uint32_t n) {
  const auto x = mixed(mixed(mixed(seed) ^ order.value) ^ (std::uint64_t{n} << 8 | static_cast<std::uint8_t>(purpose)));
  return static_cast<std::int64_t>(int128{static_cast<std::int64_t>(x >> 24)} * rate::one >> 40);
}

std::int64_t latency(const market_models& m, order_id order) {
  if (m.latency_jitter_ns <= 0) return m.latency_ns;
  return m.latency_ns + spread_over(draw(m.seed, order, draw_for::latency, 0), m.latency_jitter_ns + 1);
}

bool rejects(const market_models& m, order_id order) { return draw(m.seed, order, draw_for::reject, 0) < m.reject_probability.value; }

std::uint32_t slippage_steps(const market_models& m, order_id order, std::uint32_t n) {
  if (m.slippage_steps_max == 0 || draw(m.seed, order, draw_for::slippage, n) >= m.slippage_probability.value) return 0;
  return 1 + static_cast<std::uint32_t>(spread_over(draw(m.seed, order, draw_for::slippage_steps, n), m.slippage_steps_max));
}

quantity filled_share(const market_models& m, order_id order, std::uint32_t n, quantity size, quantity step) {
  if (draw(m.seed, order, draw_for::partial_fill, n) >= m.partial_fill_probability.value) return size;
  const std::int64_t unit = std::max<std::int64_t>(step.value, 1), units = size.value / unit;
  if (units <= 1) return size;
  return {(1 + spread_over(draw(m.seed, order, draw_for::partial_share, n), units)) * unit};
}

}  // namespace tomnext::venue
