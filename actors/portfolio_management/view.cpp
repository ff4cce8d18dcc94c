#include "actors/portfolio_management/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {
namespace {

nlohmann::json account_json(const portfolio_management::account_host& host) {
  const auto& c = host.configuration();
  const auto money = [&](amount a) { return to_string(a, c.minor_units); };
  nlohmann::json j{{"account", c.account.value},
                   {"currency", c.in.code.view()},
                   {"balance", money(host.balance())},
                   {"commission", money(host.commission())},
                   {"financing", money(host.financing())}};
  j["positions"] = nlohmann::json::array();
  for (const auto& p : host.positions())
    j["positions"].push_back({{"position", p.position.value},
                              {"instrument", p.instrument.value},
                              {"strategy", p.strategy.value},
                              {"net", p.net.to_string()},
                              {"average_price", number_or_null(p.average_price)}});
  // Without a quote to value a position at there is no equity, and no figure that looks like one.
  const auto v = host.valuation();
  j["equity"] = v ? nlohmann::json(money(v->equity)) : nlohmann::json(nullptr);
  j["unrealised"] = v ? nlohmann::json(money(v->unrealised)) : nlohmann::json(nullptr);
  if (!v) j["not_valued"] = v.error().message;
  return j;
}

}  // namespace

result<std::string> view(const portfolio_management::account_host& host, const std::string& question, const std::string&) {
  if (question == "equity_curve") return json_bytes(nlohmann::json(host.daily_equity()));
  if (question == "account") return json_bytes(account_json(host));
  if (question != "status") return unknown_question(question, "status, account, equity_curve");
  const auto s = host.statistics();
  return json_bytes(nlohmann::json{{"balance_minor_units", host.balance().value},
                                   {"commission_minor_units", host.commission().value},
                                   {"financing_minor_units", host.financing().value},
                                   {"financing_bookings", host.financing_bookings()},
                                   {"financing_deferred", host.financing_deferred()},
                                   {"open_positions", host.open_positions()},
                                   {"positions_opened", s.positions_opened},
                                   {"positions_closed", s.positions_closed},
                                   {"total_return", number_or_null(s.total_return)},
                                   {"sharpe", number_or_null(s.sharpe)},
                                   {"sortino", number_or_null(s.sortino)},
                                   {"win_rate", number_or_null(s.win_rate)},
                                   {"profit_factor", number_or_null(s.profit_factor)},
                                   {"max_drawdown", number_or_null(s.max_drawdown)},
                                   {"days", s.days}});
}

}  // namespace tomnext::actors
