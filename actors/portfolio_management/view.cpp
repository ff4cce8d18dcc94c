#include "actors/portfolio_management/view.hpp"

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const portfolio_management::account_host& host, const std::string& question, const std::string&) {
  if (question == "equity_curve") return json_bytes(nlohmann::json(host.daily_equity()));
  if (question != "status") return unknown_question(question, "status, equity_curve");
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
