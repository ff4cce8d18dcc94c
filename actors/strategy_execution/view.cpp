#include "actors/strategy_execution/view.hpp"

#include <array>

#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {

result<std::string> view(const strategy_execution::strategy_host& host, const std::string& question, const std::string&) {
  if (question != "status") return unknown_question(question, "status");
  constexpr std::array names{"created", "warming_up", "running", "paused", "stopping", "stopped", "failed"};
  const auto& c = host.configuration();
  return json_bytes(nlohmann::json{{"strategy", c.strategy.value},
                                   {"name", c.name.view()},
                                   {"kind", c.kind},
                                   {"state", names[static_cast<std::size_t>(host.state()) % names.size()]},
                                   {"bars", to_string(c.bars)},
                                   {"size", c.size.to_string()},
                                   {"parameters", c.parameters}});
}

}  // namespace tomnext::actors
