#include "actors/risk_management/view.hpp"

#include <array>

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const risk_management::risk_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  constexpr std::array names{"active", "reducing", "halted"};
  const auto& l = host.limits();
  auto positions = nlohmann::json::object();
  for (std::uint32_t i = 1; i < instruments_max; ++i)
    if (const auto& x = host.exposures().of(instrument_id{i}); !x.empty())
      positions[std::to_string(i)] = {
          {"net", x.net.to_string()}, {"reserved_buys", x.reserved_buys.to_string()}, {"reserved_sells", x.reserved_sells.to_string()}};
  return nlohmann::json{{"trading_state", names[static_cast<std::size_t>(host.state()) % names.size()]},
                        {"limits",
                         {{"position_max", l.position_max.to_string()},
                          {"notional_max_minor_units", l.notional_max.value},
                          {"orders_per_second_max", l.orders_per_second_max},
                          {"price_collar", l.price_collar.to_string()}}},
                        {"open_reservations", host.exposures().reservations()},
                        {"exposure_by_instrument", positions}}
      .dump();
}

}  // namespace tomnext::actors
