#include "actors/runtime/supervision_tree.hpp"

#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::tests;

TEST_CASE("supervision tree: a group has the time that its children may take, and the group above it that of all", "[runtime]") {
  stage s;
  supervised_group inner{s.supervisor("inner", strategy_kind::rest_for_one, "root"), s.children("inner", {"x", "y"})};
  inner.children[1].stop_deadline = 3s;
  inner.settings.kill_grace = 100ms;
  CHECK(stop_time_of(inner) == 2s + 3s + 200ms);
  const auto child = nested(s.figures, inner);
  CHECK(child.name == "inner");
  CHECK(child.stop_deadline > stop_time_of(inner));
  supervised_group outer{s.supervisor("root"), {child}};
  CHECK(stop_time_of(outer) > child.stop_deadline);
}

TEST_CASE("supervision tree: what was declared is what introspection tells", "[runtime]") {
  stage s;
  auto settings = s.supervisor("inner", strategy_kind::rest_for_one, "root");
  settings.restarts_max = 7;
  settings.window = 90s;
  settings.backoff_min = 20ms;
  settings.backoff_max = 1500ms;
  auto children = s.children("inner", {"x"});
  children.push_back(s.child("y", "inner", restart_kind::transient));
  s.run(s.supervisor("root"), {nested(s.figures, {settings, children})});
  CHECK(s.of("inner").policy == "permanent, 4.75 s to stop; rest_for_one, at most 7 restarts within 90 s, pauses 20 ms to 1.5 s");
  CHECK(s.of("x").policy == "permanent, 2 s to stop");
  CHECK(s.of("y").policy == "transient, 2 s to stop");
  CHECK(s.of("root").policy == "one_for_one, at most 5 restarts within 10 s, pauses 10 ms to 1 s");
}

TEST_CASE("supervision tree: children start behind those that they need, and otherwise as declared", "[runtime]") {
  stage s;
  auto children = s.children("root", {"api", "journal", "clock", "writer"});
  children[0].needs = {"journal", "clock"};
  children[1].needs = {"writer"};
  const auto ordered = in_order_of_needs(children);
  REQUIRE(ordered);
  std::string names;
  for (const auto& c : *ordered) names += c.name + " ";
  CHECK(names == "clock writer journal api ");

  children[3].needs = {"api"};
  const auto circle = in_order_of_needs(children);
  REQUIRE_FALSE(circle);
  CHECK(circle.error().message == "these need each other in a circle: api, journal, writer");
  children[3].needs = {"disk"};
  const auto nobody = in_order_of_needs(children);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().message == "writer needs disk, which is no sibling of it");
}
