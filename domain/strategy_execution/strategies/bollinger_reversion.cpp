// Bollinger reversion: from flat, long where a bar closes below the lower band, short above the upper one; left where the price is back at the mean.
#include "domain/indicators/bollinger.hpp"
#include "domain/strategy_execution/strategies/prices.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

class bollinger_reversion final : public strategy {
 public:
  bollinger_reversion(std::uint32_t period, double deviations, rate stop_loss) : bands_(period, deviations), stop_loss_(stop_loss) {}

  void update(const bar_closed& bar) override { bands_.update(bar.close.to_double()); }
  bool ready() const override { return bands_.ready(); }

  std::optional<opinion> decide(const bar_closed& bar) const override {
    const double close = bar.close.to_double();
    opinion o{side::none, 0.0, bands_.lower(), bands_.upper()};
    if (close < bands_.lower()) o.direction = side::buy;
    else if (close > bands_.upper()) o.direction = side::sell;
    o.score = static_cast<double>(sign(o.direction));
    o.entry.only_if_flat = true;
    o.entry.stop_loss = apart(bar.close, opposite(o.direction), stop_loss_);
    o.leave = close >= bands_.value() ? side::buy : side::sell;
    return o;
  }
  void save(state_writer& a) const override { a(bands_); }
  void load(state_reader& a) override { a(bands_); }
  void hash(state_hasher& a) const override { a(bands_); }

 private:
  indicators::bollinger bands_;
  rate stop_loss_;  // share of the signal bar's close
};

const registration bollinger_reversion_registered{
    {"bollinger_reversion", "from flat, against a close outside `deviations` of Bollinger's bands, until the mean; with a stop-loss",
     [](parameters p) -> result<std::unique_ptr<strategy>> {
       const auto period = p.integer("period", 20, 2, 1'000);
       const auto deviations = p.decimal("deviations", rate::whole(2), 0, 100);
       const auto stop_loss = p.decimal("stop_loss", {}, 0, 1);
       TOMNEXT_TRY(p.finish());
       if (deviations.value == 0) return error(errc::configuration_value, "deviations: must be positive");
       if (stop_loss.value >= rate::one) return error(errc::configuration_value, "stop_loss: must be less than 1, the whole price");
       return std::unique_ptr<strategy>(std::make_unique<bollinger_reversion>(static_cast<std::uint32_t>(period), deviations.to_double(), stop_loss));
     }}};

}  // namespace
}  // namespace tomnext::strategy_execution
