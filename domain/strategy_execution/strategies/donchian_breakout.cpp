// Donchian breakout: long where a bar closes above the channel of the bars before it, short where it closes below.
#include "domain/indicators/channel.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

/// A breakout turns an opposite position round. A position is also left where a bar closes beyond the opposite edge of the shorter exit channel.
class donchian_breakout final : public strategy {
 public:
  donchian_breakout(std::uint32_t period, std::uint32_t exit_period) : entry_(period), exit_(exit_period) {}

  void update(const bar_closed& bar) override {
    known_ = entry_.ready() && exit_.ready();
    high_ = entry_.highest();
    low_ = entry_.lowest();
    exit_high_ = exit_.highest();
    exit_low_ = exit_.lowest();
    entry_.update(bar.high, bar.low);
    exit_.update(bar.high, bar.low);
  }
  bool ready() const override { return known_; }

  std::optional<opinion> decide(const bar_closed& bar) const override {
    opinion o{side::none, 0.0, high_.to_double(), low_.to_double()};
    if (bar.close > high_) o.direction = side::buy;
    else if (bar.close < low_) o.direction = side::sell;
    o.score = static_cast<double>(sign(o.direction));
    if (bar.close < exit_low_) o.leave = side::buy;
    else if (bar.close > exit_high_) o.leave = side::sell;
    if (o.direction == side::none && o.leave == side::none) return std::nullopt;
    return o;
  }
  void save(state_writer& a) const override { a(entry_, exit_, high_, low_, exit_high_, exit_low_, known_); }
  void load(state_reader& a) override { a(entry_, exit_, high_, low_, exit_high_, exit_low_, known_); }
  void hash(state_hasher& a) const override { a(entry_, exit_, high_, low_, exit_high_, exit_low_, known_); }

 private:
  indicators::channel entry_, exit_;
  price high_, low_, exit_high_, exit_low_;  // as they were before this bar
  bool known_ = false;
};

const registration donchian_breakout_registered{
    {"donchian_breakout", "long above the channel of the last `period` bars, short below it; left at the channel of `exit_period` bars",
     [](parameters p) -> result<std::unique_ptr<strategy>> {
       const auto period = p.integer("period", 20, 1, 10'000);
       const auto exit_period = p.integer("exit_period", std::max<std::int64_t>(period / 2, 1), 1, 10'000);
       TOMNEXT_TRY(p.finish());
       if (exit_period > period)
         return error(errc::configuration_value,
                      "exit_period: " + std::to_string(exit_period) + " must not be more than period (" + std::to_string(period) + ")");
       return std::unique_ptr<strategy>(std::make_unique<donchian_breakout>(static_cast<std::uint32_t>(period), static_cast<std::uint32_t>(exit_period)));
     }}};

}  // namespace
}  // namespace tomnext::strategy_execution
