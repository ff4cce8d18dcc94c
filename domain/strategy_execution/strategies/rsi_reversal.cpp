// RSI reversal: from flat, long where the index comes back up through its lower level, short where it comes back down through its upper one.
#include "domain/indicators/rsi.hpp"
#include "domain/strategy_execution/strategies/prices.hpp"
#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::strategy_execution {
namespace {

struct rsi_settings {
  std::uint32_t period{};
  double oversold{}, overbought{};
  rate stop_loss, take_profit;  ///< shares of the signal bar's close
};

/// It leaves by its stop-loss and take-profit alone. Without either a position stays to the end.
class rsi_reversal final : public strategy {
 public:
  explicit rsi_reversal(const rsi_settings& s) : settings_(s), index_(s.period) {}

  void update(const bar_closed& bar) override {
    was_known_ = index_.ready();
    was_ = index_.value();
    index_.update(bar.close.to_double());
  }
  bool ready() const override { return was_known_ && index_.ready(); }

  std::optional<opinion> decide(const bar_closed& bar) const override {
    const double now = index_.value();
    side d{};
    if (was_ < settings_.oversold && now > settings_.oversold) d = side::buy;
    else if (was_ > settings_.overbought && now < settings_.overbought) d = side::sell;
    if (d == side::none) return std::nullopt;
    opinion o{d, d == side::buy ? 1.0 : -1.0, now, was_};
    o.entry.only_if_flat = true;
    o.entry.stop_loss = apart(bar.close, opposite(d), settings_.stop_loss);
    o.entry.take_profit = apart(bar.close, d, settings_.take_profit);
    return o;
  }
  void save(state_writer& a) const override { a(index_, was_, was_known_); }
  void load(state_reader& a) override { a(index_, was_, was_known_); }
  void hash(state_hasher& a) const override { a(index_, was_, was_known_); }

 private:
  rsi_settings settings_;
  indicators::rsi index_;
  double was_ = 0;
  bool was_known_ = false;
};

const registration rsi_reversal_registered{{"rsi_reversal", "from flat, trades against RSI(period) as it leaves its extremes, with stop-loss and take-profit",
                                            [](parameters p) -> result<std::unique_ptr<strategy>> {
                                              rsi_settings s;
                                              s.period = static_cast<std::uint32_t>(p.integer("period", 14, 1, 10'000));
                                              s.oversold = p.decimal("oversold", rate::whole(30), 0, 100).to_double();
                                              s.overbought = p.decimal("overbought", rate::whole(70), 0, 100).to_double();
                                              s.stop_loss = p.decimal("stop_loss", {}, 0, 1);
                                              s.take_profit = p.decimal("take_profit", {}, 0, 1);
                                              TOMNEXT_TRY(p.finish());
                                              if (s.oversold >= s.overbought) return error(errc::configuration_value, "oversold: must be less than overbought");
                                              if (s.stop_loss.value >= rate::one || s.take_profit.value >= rate::one)
                                                return error(errc::configuration_value,
                                                             "stop_loss: stop_loss and take_profit must be less than 1, the whole price");
                                              return std::unique_ptr<strategy>(std::make_unique<rsi_reversal>(s));
                                            }}};

}  // namespace
}  // namespace tomnext::strategy_execution
