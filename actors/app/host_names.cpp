#include "actors/app/host_names.hpp"

#include "actors/replay/kernel.hpp"

namespace tomnext::app {

std::string ingress_name(std::uint32_t id) {
  if (id == replay::configuration_ingress.value) return "ingress: configuration";
  if (id == replay::market_ingress.value) return "ingress: market data";
  if (id == replay::timer_authority.value) return "ingress: timers";
  if (id == replay::operator_ingress.value) return "ingress: operator";
  if (id == replay::supervision_ingress.value) return "ingress: supervision";
  return {};
}

}  // namespace tomnext::app
