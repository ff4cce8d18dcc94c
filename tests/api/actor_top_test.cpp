// What the actors do between two looks, one actor in detail, and the flow of messages: for a terminal, and as JSON.
#include <rapidcheck.h>

#include "actors/api/actor_table.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::api;
using actors::actor_figures;
using actors::message_flow;

namespace {

actor_figures busy(std::string name, std::uint64_t processed, double service_s) {
  actor_figures a;
  a.name = std::move(name);
  a.state = "running";
  a.processed = processed;
  a.service_s = service_s;
  return a;
}

std::vector<std::string> top_lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("actors top: rates between two looks, the busiest first") {
  const std::vector<actor_figures> before{busy("journal", 1'000, 1.0), busy("risk", 500, 0.5)};
  const std::vector<actor_figures> now{busy("journal", 3'000, 1.1), busy("risk", 1'500, 1.5), busy("new", 40, 0.02)};
  const auto lines = top_lines_of(actors_top(before, now, 2.0, 160, 100));
  REQUIRE(lines.size() == 5);
  CHECK(has(lines[0], "3 actors, 1520 messages/s, 56.0 % of one processor"));
  CHECK(has(lines[2], "risk"));
  CHECK(has(lines[2], "  500 "));
  CHECK(has(lines[2], "50.0"));
  CHECK(has(lines[3], "journal"));
  CHECK(has(lines[3], " 1000 "));
  CHECK(has(lines[3], "5.0"));
  CHECK(has(lines[4], "new"));
  CHECK(has(lines[4], "20"));
}

TEST_CASE("actors top: a counter that has begun anew counts from zero, and what is slow now says so") {
  auto slow = busy("risk", 10, 0.1);
  slow.message = "deliver";
  slow.busy_ms = 71.4;
  const auto text = actors_top({busy("risk", 900, 9.0)}, {slow}, 1.0, 160, 10);
  CHECK(has(text, "  10 "));
  CHECK(has(text, "deliver for 71 ms"));
}

TEST_CASE("actors top: no more lines and columns than there is room for") {
  std::vector<actor_figures> many;
  for (int i = 0; i < 50; ++i) many.push_back(busy("service/" + std::string(60, 'x') + std::to_string(i), 1, 0));
  const auto lines = top_lines_of(actors_top({}, many, 1.0, 80, 10));
  CHECK(lines.size() == 12);
  for (const auto& l : lines) CHECK(l.size() <= 80 + 8);  // an ellipsis is one column of three bytes
}

TEST_CASE("actors show: every figure has its line, and nothing that a name holds reaches the terminal") {
  auto a = busy("evil\x1b[2J", 12, 0.5);
  a.policy = "permanent, 2 s to stop";
  a.restarts = 1;
  a.restart_notes = {{"2026-02-03T04:05:06.789Z", "an exception escaped: boom"}};
  a.latency_p999_us = 1'234.5;
  a.memory_bytes = 12'345'678;
  const auto text = actor_detail(a);
  CHECK_FALSE(has(text, "\x1b"));
  for (const char* part : {"permanent, 2 s to stop", "2026-02-03T04:05:06.789Z", "boom", "p99.9 1234.5 us", "11.8 MiB", "12 messages in 0.500 s"}) {
    CAPTURE(part);
    CHECK(has(text, part));
  }
}

TEST_CASE("actors flow: JSON and back; what is none of it is refused with the element") {
  const std::vector<message_flow> flows{{"journal", "risk", "deliver", 7}, {"", "risk", "query", 1}};
  const auto read = parse_flow(flow_json(flows));
  REQUIRE(read);
  CHECK(*read == flows);
  const auto table = top_lines_of(flow_table(flows));
  REQUIRE(table.size() == 3);
  CHECK(has(table[1], "journal  risk  deliver"));
  CHECK(table[2].rfind("-", 0) == 0);
  for (const auto& [text, why] :
       std::vector<std::pair<std::string, std::string>>{{"{", "array"},
                                                        {"[1]", "element 1: an object"},
                                                        {R"([{"from":"a","to":"b","message":"c"}])", "element 1: count is missing"},
                                                        {R"([{"from":1,"to":"b","message":"c","count":1}])", "from must be a string"}}) {
    const auto bad = parse_flow(text);
    REQUIRE_FALSE(bad);
    CAPTURE(bad.error().message);
    CHECK(has(bad.error().message, why));
  }
}

TEST_CASE("actors: later figures survive JSON, and a node that does not tell them is understood") {
  auto a = busy("a", 1, 0.25);
  a.thread = "own";
  a.in_flight = 3;
  a.restart_notes = {{"t", "why"}};
  const auto text = actors_json({a});
  auto read = parse_actors(text);
  REQUIRE(read);
  CHECK(read->at(0).thread == "own");
  CHECK(read->at(0).in_flight == 3);
  CHECK(read->at(0).service_s == 0.25);
  CHECK(read->at(0).restart_notes == a.restart_notes);
  auto old = text.substr(0, text.find(R"(,"p95_us")")) + "}]";
  read = parse_actors(old);
  REQUIRE(read);
  CHECK(read->at(0).in_flight == 0);
}
