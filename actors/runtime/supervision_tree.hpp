// A supervision tree as data: declared in one place, printed as it was declared, started from there.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "actors/runtime/supervisor.hpp"

namespace tomnext::actors {

/// A supervisor and its children, in the order of their start.
struct supervised_group {
  supervisor_settings settings;
  std::vector<child_spec> children;
};

/// What an ordered stop of the group may take at most: its children stop one after the other, and each may have to be killed.
[[nodiscard]] std::chrono::milliseconds stop_time_of(const supervised_group& group);

/// The group as a child of another supervisor, which gives it the time that its own children may take.
[[nodiscard]] child_spec nested(std::shared_ptr<introspection> figures, supervised_group group, restart_kind restart = restart_kind::permanent);

/// The children in an order of start in which each comes after those that it needs, and otherwise as they were given.
/// errc::invalid_argument where one needs a sibling that there is not, or they need each other in a circle.
[[nodiscard]] result<std::vector<child_spec>> in_order_of_needs(std::vector<child_spec> children);

/// "one_for_one, at most 5 restarts within 10 s, pauses 10 ms to 1 s".
[[nodiscard]] std::string to_string(const supervisor_settings& settings);
/// "permanent, 2 s to stop".
[[nodiscard]] std::string to_string(const child_spec& spec);

}  // namespace tomnext::actors
