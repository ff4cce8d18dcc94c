// Stop entry: a stop order waits at the edge of the channel of the last bars, and is placed anew at each bar until the market runs into it.
#include "domain/indicators/atr.hpp"
#include "domain/indicators/channel.hpp"
#include "domain/strategy_execution/strategies/prices.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

struct stop_entry_settings {
  side direction{};
  std::uint32_t period{}, exit_period{}, atr_period{};
  double offset_atr{};                        ///< how many ATR beyond the channel the stop lies
  rate stop_loss, take_profit;                ///< shares of the stop's price
  double stop_loss_atr{}, take_profit_atr{};  ///< or in ATR; the share goes first
};

/// Long: a buy stop at the highest high, for one bar. A position is left where the close is below the lowest low as it was one bar ago; short mirrors it.
class stop_entry final : public strategy {
 public:
  explicit stop_entry(const stop_entry_settings& s) : settings_(s), entry_(s.period), exit_(s.exit_period), range_(s.atr_period) {}

  void update(const bar_closed& bar) override {
    exit_known_ = exit_.ready();
    exit_at_ = settings_.direction == side::buy ? exit_.lowest() : exit_.highest();
    entry_.update(bar.high, bar.low);
    exit_.update(bar.high, bar.low);
    range_.update(bar.high.to_double(), bar.low.to_double(), bar.close.to_double());
  }
  bool ready() const override { return entry_.ready() && exit_known_ && (!reads_atr() || range_.ready()); }

  std::optional<opinion> decide(const bar_closed& bar) const override {
    const side d = settings_.direction, back = opposite(d);
    const double range = range_.value();
    const price edge = d == side::buy ? entry_.highest() : entry_.lowest();
    opinion o{d, d == side::buy ? 1.0 : -1.0, edge.to_double(), exit_at_.to_double()};
    o.entry.only_if_flat = true;
    o.entry.kind = order_kind::stop;
    o.entry.at = settings_.offset_atr > 0 ? apart(edge, d, settings_.offset_atr * range) : edge;
    if (!o.entry.at) o.entry.at = edge;  // a range of 0
    o.entry.stop_loss = settings_.stop_loss ? apart(o.entry.at, back, settings_.stop_loss) : apart(o.entry.at, back, settings_.stop_loss_atr * range);
    o.entry.take_profit = settings_.take_profit ? apart(o.entry.at, d, settings_.take_profit) : apart(o.entry.at, d, settings_.take_profit_atr * range);
    if (d == side::buy ? bar.close < exit_at_ : bar.close > exit_at_) o.leave = d;
    return o;
  }
  void save(state_writer& a) const override { a(entry_, exit_, range_, exit_at_, exit_known_); }
  void load(state_reader& a) override { a(entry_, exit_, range_, exit_at_, exit_known_); }
  void hash(state_hasher& a) const override { a(entry_, exit_, range_, exit_at_, exit_known_); }

 private:
  [[nodiscard]] bool reads_atr() const { return settings_.offset_atr > 0 || settings_.stop_loss_atr > 0 || settings_.take_profit_atr > 0; }

  stop_entry_settings settings_;
  indicators::channel entry_, exit_;
  indicators::atr range_;
  price exit_at_;  // as it was before this bar
  bool exit_known_ = false;
};

const registration stop_entry_registered{
    {"stop_entry", "a stop order at the edge of the channel of `period` bars, moved at each bar; stop-loss and take-profit as shares or in ATR",
     [](parameters p) -> result<std::unique_ptr<strategy>> {
       stop_entry_settings s;
       s.direction = p.choice("direction", 0, {"long", "short"}) == 0 ? side::buy : side::sell;
       const auto period = p.integer("period", 20, 1, 10'000);
       s.period = static_cast<std::uint32_t>(period);
       s.exit_period = static_cast<std::uint32_t>(p.integer("exit_period", period, 1, 10'000));
       s.atr_period = static_cast<std::uint32_t>(p.integer("atr_period", 14, 1, 10'000));
       s.offset_atr = p.decimal("offset_atr", {}, 0, 100).to_double();
       s.stop_loss = p.decimal("stop_loss", {}, 0, 1);
       s.take_profit = p.decimal("take_profit", {}, 0, 1);
       s.stop_loss_atr = p.decimal("stop_loss_atr", {}, 0, 100).to_double();
       s.take_profit_atr = p.decimal("take_profit_atr", {}, 0, 100).to_double();
       TOMNEXT_TRY(p.finish());
       if (s.stop_loss.value >= rate::one || s.take_profit.value >= rate::one)
         return error(errc::configuration_value, "stop_loss: stop_loss and take_profit must be less than 1, the whole price");
       if ((s.stop_loss && s.stop_loss_atr > 0) || (s.take_profit && s.take_profit_atr > 0))
         return error(errc::configuration_value, "stop_loss: a share of the price or a number of ATR, not both");
       return std::unique_ptr<strategy>(std::make_unique<stop_entry>(s));
     }}};

}  // namespace
}  // namespace tomnext::strategy_execution
