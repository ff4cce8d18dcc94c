// What a live log came to, read from the log itself.
#pragma once
#include <string>

#include "config/deployment.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

struct run_summary {
  std::uint64_t ticks = 0, rejected_ticks = 0, bars = 0, orders = 0, fills = 0, denied_orders = 0, positions = 0, restarts = 0, events = 0;
  amount final_balance, commission, financing;
  currency in;
  std::uint32_t minor_units = 2;
  bool source_ended = false;
  std::string head_hash;
};

result<run_summary> summarise(const persistence::event_log& log, const config::deployment& d);
std::string to_json(const run_summary& r);
std::string to_table(const run_summary& r);

}  // namespace tomnext::app
