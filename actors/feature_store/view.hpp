// What feature_store shows of its hosts, as JSON.
#pragma once
#include "domain/feature_store/feature_host.hpp"

namespace tomnext::actors {

result<std::string> view(const feature_store::feature_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
