// Who puts in what comes from outside is no host, is never activated, and has its name from here.
#pragma once
#include <cstdint>
#include <string>

namespace tomnext::app {

/// "ingress: market data"; empty where the id is none of an ingress.
std::string ingress_name(std::uint32_t id);

}  // namespace tomnext::app
