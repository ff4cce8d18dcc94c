#include "actors/analysis_engine/view.hpp"

#include <array>

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const analysis_engine::analysis_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  constexpr std::array names{"unknown", "trend", "range", "volatile", "quiet"};
  const auto& a = host.newest();
  return json_bytes(nlohmann::json{{"regime", names[static_cast<std::size_t>(a.regime) % names.size()]},
                                   {"confidence", number_or_null(a.confidence)},
                                   {"adx", number_or_null(a.adx)},
                                   {"volatility_ratio", number_or_null(a.volatility_ratio)},
                                   {"ema", number_or_null(host.ema())},
                                   {"atr", number_or_null(host.atr())}});
}

}  // namespace tomnext::actors
