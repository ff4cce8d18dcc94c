// What data_pipeline shows of its hosts, as JSON.
#pragma once
#include "domain/data_pipeline/aggregator.hpp"
#include "domain/data_pipeline/comparison_clock.hpp"
#include "domain/data_pipeline/trading_calendar.hpp"

namespace tomnext::actors {

result<std::string> view(const data_pipeline::aggregator& host, const std::string& question, const std::string& argument);
result<std::string> view(const data_pipeline::trading_calendar& host, const std::string& question, const std::string& argument);
result<std::string> view(const data_pipeline::comparison_clock& host, const std::string& question, const std::string& argument);

}  // namespace tomnext::actors
