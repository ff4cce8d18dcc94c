// What ml_integration shows of its hosts, as JSON.
#pragma once
#include "domain/ml_integration/model_host.hpp"

namespace tomnext::actors {

result<std::string> view(const ml_integration::model_host& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
