// The one list of hosts, in rank order: the back-test kernel, the live node and decision replay all compose from it.
#pragma once
#include <string>
#include <utility>

#include "actors/replay/kernel.hpp"
#include "actors/replay/models.hpp"
#include "config/deployment.hpp"
#include "domain/analysis_engine/analysis_host.hpp"
#include "domain/data_pipeline/aggregator.hpp"
#include "domain/data_pipeline/comparison_clock.hpp"
#include "domain/data_pipeline/trading_calendar.hpp"
#include "domain/feature_store/feature_host.hpp"
#include "domain/ml_integration/model_host.hpp"
#include "domain/monitoring_alerting/alert_host.hpp"
#include "domain/portfolio_management/account_host.hpp"
#include "domain/risk_management/risk_host.hpp"
#include "domain/strategy_execution/strategy_host.hpp"
#include "domain/trading_gateway/gateway_host.hpp"
#include "domain/venue/venue_host.hpp"

namespace tomnext::replay {

/// What composing needs besides the deployment: the models' files, already read.
struct composition_parts {
  std::vector<loaded_model> models;  ///< as in deployment.models
};

/// All strategies and features of a deployment can be made (their parameters are valid), or the first reason why not.
result<void> validate(const config::deployment& d);

/// Which instruments need bars of which specification: what strategies, features and regimes read, each once, in configuration order.
std::vector<bar_spec> bars_of(const config::deployment& d, instrument_id instrument);
/// The configured features; ema 20, log_return 1, atr 14, volatility 20, spread and session where none are.
/// The bars that research reads of an instrument; nothing where it is not researched.
std::optional<bar_spec> research_bars_of(const config::deployment& d, instrument_id instrument);
feature_store::feature_configuration features_of(const config::deployment& d, instrument_id instrument);
/// True where rolls at 07:00 Auckland finance anything.
bool rolls_in_auckland(const config::deployment& d);

/// Calls add(host_description, service) for each host in rank order: venue, aggregators, calendar, features, analysis, strategies, models, risk,
/// gateway, portfolio, monitoring. The rank is the order at one cause, so it never changes without a new log.
template <class Add> result<void> compose(const config::deployment& d, const composition_parts& parts, Add&& add) {
  TOMNEXT_TRY(validate(d));
  if (parts.models.size() != d.models.size()) return error(errc::invalid_argument, "the models' files have not been read");
  std::uint32_t next = first_composed_host;
  auto host = [&]<class Make>(std::string name, std::uint32_t instrument, Make make) {
    const host_id id{next++};
    auto service = make(id);
    using S = decltype(service);
    add(host_description{id, std::string(S::service) + "/" + std::move(name), S::service, S::version, S::state_version, instrument}, std::move(service));
  };

  host("venue", 0, [&](host_id id) { return venue::venue_host(id, {d.quality.flagged_quotes_trade}); });
  for (const auto& i : d.instruments)
    host("aggregator:" + std::string(i.symbol.view()), i.instrument.value, [&](host_id id) {
      return data_pipeline::aggregator(id, {i.instrument, bars_of(d, i.instrument), d.bars_without_updates, true});
    });
  // Always there, so that ranks do not depend on whether the data has been looked at.
  host("calendar", 0, [&](host_id id) { return data_pipeline::trading_calendar(id); });
  if (rolls_in_auckland(d)) host("calendar:auckland", 0, [&](host_id id) { return data_pipeline::trading_calendar(id, roll_profile::auckland); });
  if (d.financing.method == financing_method::compat) host("calendar:comparison", 0, [&](host_id id) { return data_pipeline::comparison_clock(id); });
  for (const auto& i : d.instruments)
    if (const auto bars = research_bars_of(d, i.instrument)) {
      host("features:" + std::string(i.symbol.view()), i.instrument.value,
           [&](host_id id) { return feature_store::feature_host(id, features_of(d, i.instrument)); });
      host("analysis:" + std::string(i.symbol.view()), i.instrument.value, [&](host_id id) {
        return analysis_engine::analysis_host(id, {i.instrument, *bars});
      });
    }
  for (const auto& s : d.strategies)
    host(std::string(s.name.view()), s.instrument.value,
         [&](host_id id) { return strategy_execution::strategy_host(id, s, std::move(*strategy_execution::make_strategy(s.kind, s.parameters))); });
  for (std::size_t i = 0; i < d.models.size(); ++i)
    host(std::string(d.models[i].name.view()), d.models[i].instrument.value, [&](host_id id) {
      const auto& m = d.models[i];
      ml_integration::model_configuration c;
      c.model = model_id{static_cast<std::uint32_t>(i + 1)};
      c.name = m.name;
      c.content_hash = parts.models.at(i).content_hash;
      c.ensemble = parts.models.at(i).ensemble;
      c.feature_indices = parts.models.at(i).feature_indices;
      c.instrument = m.instrument;
      c.thresholds = {m.confirm_at, m.reject_at};
      c.bars = research_bars_of(d, m.instrument).value_or(bar_spec{});
      return ml_integration::model_host(id, c);
    });
  host("book", 0, [&](host_id id) {
    return risk_management::risk_host(
        id, {{d.risk.position_max, d.risk.notional_max, d.risk.orders_per_second_max, d.risk.price_collar}, d.quality.flagged_quotes_trade});
  });
  host("simulated", 0, [&](host_id id) { return trading_gateway::gateway_host(id, {d.commission_rate}); });
  host("account:1", 0, [&](host_id id) {
    portfolio_management::account_configuration c;
    c.account = d.account.account;
    c.in = d.account.in;
    c.minor_units = d.account.minor_units;
    c.positions = d.account.positions;
    c.balance = d.account.balance;
    c.conversion = d.account.conversion;
    c.flagged_quotes_mark = d.quality.flagged_quotes_trade;
    c.financing = {d.financing.method, d.financing.markup, d.financing.day_count};
    return portfolio_management::account_host(id, c);
  });
  host("alerts", 0, [&](host_id id) {
    monitoring_alerting::alert_configuration c;
    c.thresholds.drawdown = d.drawdown_alert;
    return monitoring_alerting::alert_host(id, c);
  });
  return {};
}

/// The first event of every log.
inline log_declared declaration_of(log_purpose purpose) { return {purpose, "tomnext 0.1"}; }

/// The inputs that follow it, in order: the configuration, models, calendar, instruments, holidays, swap rates and reports, limits, account, and the open
/// source.
/// Their time is deployment.begins. The deployment has been prepared (prepare.hpp).
template <class Input> void preamble(const config::deployment& d, const hash256& configuration, Input&& input) {
  input(configuration_set{configuration});
  for (std::size_t i = 0; i < d.models.size(); ++i)
    input(model_file_added{model_id{static_cast<std::uint32_t>(i + 1)}, d.models[i].name, d.models[i].content_hash});
  for (const auto& page : d.calendar) input(page);
  for (const auto& i : d.instruments) input(i);
  for (const auto& h : d.holidays) input(h);
  for (const auto& r : d.swap_rates) input(r);
  for (const auto& r : d.swap_reports) input(r);
  if (d.risk.any()) {
    limits_set l;
    l.version = 1;
    l.position_max = d.risk.position_max;
    l.notional_max = d.risk.notional_max;
    l.orders_per_second_max = d.risk.orders_per_second_max;
    l.price_collar = d.risk.price_collar;
    l.by = "configuration";
    input(l);
  }
  input(d.account);
  input(source_state_changed{source_id{1}, source_state::open, "market data", 0, 0});
}

}  // namespace tomnext::replay
