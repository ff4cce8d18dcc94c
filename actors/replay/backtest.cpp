// raw clock in this file: the phases of a run are measured; no decision reads them.
#include "actors/replay/backtest.hpp"

#include <algorithm>
#include <chrono>

#include "actors/replay/group_builder.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/replay/quotes_ahead.hpp"
#include "actors/replay/result_log.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/memory_log.hpp"

namespace tomnext::replay {
namespace {

using portfolio_management::account_host;
using stopwatch = std::chrono::steady_clock;

double milliseconds_since(stopwatch::time_point from) { return std::chrono::duration<double, std::milli>(stopwatch::now() - from).count(); }

/// One run: kernel, log and feed put together.
class run {
 public:
  run(const config::deployment& d, persistence::event_log& log, const backtest_options& options)
      : d_(d),
        writer_(log),
        builder_(log.head().epoch == 0 ? 1 : log.head().epoch,
                 [this, heard = options.on_events](persistence::group_ref g) {
                   if (heard) heard(*g);
                   writer_.write(std::move(g));
                 }),
        trades_(d),
        equity_(d),
        listened_(builder_, trades_, equity_),
        kernel_(listened_) {}

  result<backtest_report> go(const composition_parts& parts, const progress& on_progress) {
    const auto began = stopwatch::now();
    TOMNEXT_TRY(compose(d_, parts, [this]<class S>(const host_description& h, S service) {
      auto& kept = kernel_.add(h, std::move(service));
      if constexpr (std::is_same_v<S, account_host>) account_ = &kept;
    }));
    kernel_.input(declaration_of(log_purpose::backtest), d_.begins, configuration_ingress, 0);
    kernel_.activate(hash64(d_.source_text));
    preamble(d_, persistence::sha256({d_.source_text}), [this](const auto& e) { kernel_.input(e, d_.begins, configuration_ingress, 0); });
    if (kernel_.failure()) return *kernel_.failure();
    auto feed = open_quotes_ahead(feed_of(d_));
    if (!feed) return feed.error();
    TOMNEXT_TRY(take_quotes(**feed, on_progress));
    kernel_.end_of_data();
    const auto& figures = (*feed)->figures();
    reading_ms_ = (*feed)->reading_ms();
    kernel_.input(source_state_changed{source_id{1}, source_state::ended, "market data", figures.accepted, figures.rejected}, kernel_.now(), market_ingress, 0);
    if (kernel_.failure()) return *kernel_.failure();
    builder_.flush();
    auto head = writer_.finish();
    if (!head) return head.error();
    auto r = report(figures, *head);
    r.elapsed_ms = milliseconds_since(began);
    return r;
  }

 private:
  result<void> take_quotes(quotes_ahead& feed, const progress& on_progress) {
    return for_each_batch(feed, on_progress, [&](std::span<const judged_quote> batch) -> result<bool> {
      for (const auto& q : batch) hear(kernel_, q);
      if (kernel_.failure()) return *kernel_.failure();
      return !writer_.failed();  // its finish() says why
    });
  }

  backtest_report report(const feed_figures& figures, const persistence::log_head& head) const {
    backtest_report r;
    r.ticks = figures.accepted;
    r.rejected_ticks = figures.rejected;
    r.flagged_ticks = figures.flagged;
    r.bars = kernel_.count(bar_closed::type_number);
    r.orders = kernel_.count(order_submitted::type_number);
    r.fills = kernel_.count(order_filled::type_number);
    r.denied_orders = kernel_.count(order_denied::type_number);
    r.rejected_orders = kernel_.count(order_rejected::type_number);
    r.open_positions = account_->open_positions();
    r.events = kernel_.seq();
    r.iterations = r.ticks + kernel_.count(timer_fired::type_number);
    r.statistics = account_->statistics();
    r.positions = r.statistics.positions_opened;
    r.commission = account_->commission();
    r.financing = account_->financing();
    r.financing_bookings = account_->financing_bookings();
    r.financing_deferred = account_->financing_deferred();
    r.method = d_.financing.method;
    r.bars_as_feed = std::any_of(d_.data.begin(), d_.data.end(), [](const auto& s) { return s.bars_as_feed; });
    r.final_balance = account_->balance();
    r.in = d_.account.in;
    r.minor_units = d_.account.minor_units;
    r.head_hash = persistence::to_hex(head.chain_hash);
    r.state_hash = kernel_.state_hash();
    r.state_hashes = kernel_.state_hashes();
    r.reading_ms = reading_ms_;
    r.opening_balance = d_.account.balance;
    for (const auto& i : d_.instruments) r.instruments.emplace_back(i.symbol.view());
    r.first = d_.begins;
    r.last = kernel_.now();
    r.trades = trades_.trades();
    r.equity = equity_.points();
    r.flagged_quotes_traded = d_.quality.flagged_quotes_trade;
    return r;
  }

  const config::deployment& d_;
  log_writer writer_;
  group_builder builder_;
  trade_list trades_;
  equity_curve equity_;
  using heard = listened_log<group_builder, trade_list, equity_curve>;
  heard listened_;
  kernel<heard> kernel_;
  const account_host* account_ = nullptr;
  double reading_ms_ = 0;
};

}  // namespace

result<backtest_report> run_backtest(const config::deployment& given, const backtest_options& options) {
  config::deployment d = given;
  if (options.log.empty()) {
    TOMNEXT_TRY(prepare(d));
    auto parts = load_models(d, "");
    if (!parts) return parts.error();
    persistence::memory_log log(persistence::retention::hash_only);
    return run(d, log, options).go(*parts, options.on_progress);
  }
  auto results = result_log::begin(options.log, options.encrypt);
  if (!results) return results.error();
  TOMNEXT_TRY(prepare(d));
  auto parts = load_models(d, results->folder());
  if (!parts) return parts.error();
  if (auto stored = persistence::content_store(results->folder()).put(d.source_text); !stored) return stored.error();
  auto report = run(d, results->log(), options).go(*parts, options.on_progress);
  if (!report) return report;
  TOMNEXT_TRY(results->finish());
  return report;
}

}  // namespace tomnext::replay
