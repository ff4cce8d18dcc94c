// What analysis_engine shows of its hosts, as JSON.
#pragma once
#include "domain/analysis_engine/analysis_host.hpp"

namespace tomnext::actors {

result<std::string> view(const analysis_engine::analysis_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
