// The figures of all actors, as JSON between a node and its command line, and as a tree for a terminal.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/actor_figures.hpp"
#include "domain/base/result.hpp"

namespace tomnext::api {

/// An array of objects with exactly the names of actor_figures. Bytes that are no UTF-8 become U+FFFD; a number that is not finite becomes null.
[[nodiscard]] std::string actors_json(const std::vector<actors::actor_figures>& figures);

/// Reads that array. Further names are ignored, so that an older command line reads a newer node; a missing one or one of another type is
/// errc::malformed_line, naming the element. null in a floating-point field is not-a-number.
[[nodiscard]] result<std::vector<actors::actor_figures>> parse_actors(std::string_view json);

/// The supervision tree, at most 160 columns wide: first a line that counts what is unhealthy, then a header with units, then one line an actor.
/// The first column marks failed actors with "✗", and with "!" those that are in another state than running, that have been restarted, or whose parent
/// is not listed; the latter show as roots, with that parent's name in the last column. Children come in the order of their ids.
[[nodiscard]] std::string actors_tree(const std::vector<actors::actor_figures>& figures);

/// What the actors have done between two looks: one line each, the busiest first, at most `rows` of them; for a terminal of `columns` columns.
/// Work is the share of the time between that an actor spent in its handlers, of one processor. `seconds` above 0.
[[nodiscard]] std::string actors_top(const std::vector<actors::actor_figures>& before, const std::vector<actors::actor_figures>& now, double seconds,
                                     std::size_t columns, std::size_t rows);

/// All that is known of one actor, a line for each figure.
[[nodiscard]] std::string actor_detail(const actors::actor_figures& figures);

/// Who sends what to whom: an array of objects with exactly the names of message_flow, and read again.
[[nodiscard]] std::string flow_json(const std::vector<actors::message_flow>& flows);
[[nodiscard]] result<std::vector<actors::message_flow>> parse_flow(std::string_view json);
/// A table of it, in the order given.
[[nodiscard]] std::string flow_table(const std::vector<actors::message_flow>& flows);

}  // namespace tomnext::api
