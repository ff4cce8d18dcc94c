// SMA cross: turns long on the bar on which the fast average crosses above the slow one, short on the bar on which it crosses below.
#include "domain/indicators/sma.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

/// A cross is strict on both bars: below on the last one and above on this one, or the other way. Equal averages on either bar are no cross.
class sma_cross final : public strategy {
 public:
  sma_cross(std::uint32_t fast, std::uint32_t slow) : fast_(fast), slow_(slow) {}

  void update(const bar_closed& bar) override {
    was_known_ = slow_.ready();
    was_ = now();
    fast_.update(bar.close);
    slow_.update(bar.close);
  }
  bool ready() const override { return was_known_ && slow_.ready(); }

  std::optional<opinion> decide(const bar_closed&) const override {
    if (was_ * now() >= 0) return std::nullopt;
    const bool up = now() > 0;
    return opinion{up ? side::buy : side::sell, up ? 1.0 : -1.0, fast_.value(), slow_.value()};
  }
  void save(state_writer& a) const override { a(fast_, slow_, was_, was_known_); }
  void load(state_reader& a) override { a(fast_, slow_, was_, was_known_); }
  void hash(state_hasher& a) const override { a(fast_, slow_, was_, was_known_); }

 private:
  [[nodiscard]] std::int32_t now() const { return slow_.ready() ? fast_.compare(slow_) : 0; }

  indicators::sma fast_, slow_;
  std::int32_t was_ = 0;  // the sign of fast − slow one bar ago
  bool was_known_ = false;
};

const registration sma_cross_registered{
    {"sma_cross", "turns where SMA(fast) of closes crosses SMA(slow)", [](parameters p) -> result<std::unique_ptr<strategy>> {
       const auto fast = p.integer("fast", 10, 1, 10'000);
       const auto slow = p.integer("slow", 30, 1, 10'000);
       TOMNEXT_TRY(p.finish());
       if (fast >= slow) return error(errc::configuration_value, "fast: " + std::to_string(fast) + " must be less than slow (" + std::to_string(slow) + ")");
       return std::unique_ptr<strategy>(std::make_unique<sma_cross>(static_cast<std::uint32_t>(fast), static_cast<std::uint32_t>(slow)));
     }}};

}  // namespace
}  // namespace tomnext::strategy_execution
