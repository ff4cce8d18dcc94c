// One workflow through all actors: the events of a correlation, and when who handled them.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/introspection.hpp"
#include "domain/base/result.hpp"
#include "domain/events/event.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::app {

/// {"correlation", "events": [{seq, at, type, actor, cause, depth, sequenced_us, handled: [{actor, begun_us, took_us}]}], "complete"}. Times in microseconds since
/// the first of these events was sequenced; absent where an actor has handled too much since to remember. `names`: of hosts, by id.
/// `complete` false: the log holds more than was read.
[[nodiscard]] std::string trace_json(std::uint64_t correlation, const std::vector<event>& events, bool complete,
                                     const std::map<std::uint32_t, std::string>& names,
                                     const std::vector<std::shared_ptr<const actors::actor_record>>& records);

/// The same, read from a log: at most `trace_events_max` events. `go_on` is asked with the seq that is being read; false ends it with errc::cancelled.
inline constexpr std::size_t trace_events_max = 1'000;
[[nodiscard]] result<std::string> trace_of(const persistence::event_log& log, std::uint64_t correlation, const std::map<std::uint32_t, std::string>& names,
                                           const std::vector<std::shared_ptr<const actors::actor_record>>& records,
                                           const std::function<bool(std::uint64_t)>& go_on);

/// The same for a terminal. errc::malformed_line where the text is none of it.
[[nodiscard]] result<std::string> trace_text(std::string_view json);

}  // namespace tomnext::app
