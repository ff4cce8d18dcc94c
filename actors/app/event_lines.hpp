// Events on stdout, one a line: what cat, grep and tail share.
#pragma once
#include <functional>

#include "actors/app/command.hpp"
#include "persistence/filtered_scan.hpp"

namespace tomnext::app {

/// Which of the events that a scan gives are printed; empty: all.
using event_condition = std::function<bool(const event&)>;

/// Prints what a scan gives, at most `limit` events: as lines for people, or with --json as one object a line. errc::log_io where stdout takes no more.
result<void> print_events(session& s, persistence::filtered_scan& scan, std::uint64_t limit = UINT64_MAX, const event_condition& condition = {});

}  // namespace tomnext::app
