// EMA cross: long while the fast average is at or above the slow one, short while it is below.
#include "domain/indicators/ema.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

class ema_cross final : public strategy {
 public:
  ema_cross(std::uint32_t fast, std::uint32_t slow, ema_seed seed) : fast_(fast, seed), slow_(slow, seed) {}

  void update(const bar_closed& bar) override {
    const double close = bar.close.to_double();
    fast_.update(close);
    slow_.update(close);
  }
  bool ready() const override { return fast_.ready() && slow_.ready(); }

  /// A bar without any movement (a closed market, say) updates the averages but says nothing new: no opinion.
  std::optional<opinion> decide(const bar_closed& bar) const override {
    if (bar.open == bar.high && bar.high == bar.low && bar.low == bar.close) return std::nullopt;
    const bool up = fast_.value() >= slow_.value();
    return opinion{up ? side::buy : side::sell, up ? 1.0 : -1.0, fast_.value(), slow_.value()};
  }
  void save(state_writer& a) const override { a(fast_, slow_); }
  void load(state_reader& a) override { a(fast_, slow_); }
  void hash(state_hasher& a) const override { a(fast_, slow_); }

 private:
  indicators::ema fast_, slow_;
};

const registration ema_cross_registered{
    {"ema_cross", "long while EMA(fast) >= EMA(slow) of closes, short below", [](parameters p) -> result<std::unique_ptr<strategy>> {
       auto fast = p.integer("fast", 10, 1, 10'000);
       auto slow = p.integer("slow", 20, 1, 10'000);
       auto seed = p.choice("ema_seed", 0, {"sma", "first_close"});
       TOMNEXT_TRY(p.finish());
       if (fast >= slow) return error(errc::configuration_value, "fast: " + std::to_string(fast) + " must be less than slow (" + std::to_string(slow) + ")");
       return std::unique_ptr<strategy>(
           std::make_unique<ema_cross>(static_cast<std::uint32_t>(fast), static_cast<std::uint32_t>(slow), static_cast<ema_seed>(seed)));
     }}};

}  // namespace
}  // namespace tomnext::strategy_execution
