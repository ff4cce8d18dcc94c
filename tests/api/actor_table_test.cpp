// Figures of actors as JSON and as a tree for a terminal.
#include "actors/api/actor_table.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <tuple>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "actors/api/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::api;
using actors::actor_figures;

namespace {

auto fields(const actor_figures& a) {
  return std::tie(a.id, a.name, a.kind, a.parent, a.state, a.queue_depth, a.queue_depth_max, a.processed, a.errors, a.restarts, a.last_error, a.p50_us,
                  a.p99_us, a.up_s);
}

/// Characters of all lengths of UTF-8, and those that JSON escapes.
std::string some_text() {
  static const std::vector<std::string> pieces{"a", "/", "\"", "\\", "\n", "\t", std::string(1, '\0'), "\x7f", "é", "─", "😀", "{", "\x1b"};
  std::string out;
  for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) out += piece;
  return out;
}

actor_figures some_figures() {
  const auto number = [] { return *rc::gen::arbitrary<std::uint64_t>(); };
  const auto real = [] { return *rc::gen::arbitrary<double>(); };
  return {number(), some_text(), some_text(), some_text(), some_text(), number(), number(), number(), number(), number(), some_text(), real(), real(), real()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) {
      lines.push_back("(no line end) " + text.substr(at));
      break;
    }
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

actor_figures actor(std::uint64_t id, std::string name, std::string kind, std::string parent, std::string state = "running") {
  actor_figures a;
  a.id = id;
  a.name = std::move(name);
  a.kind = std::move(kind);
  a.parent = std::move(parent);
  a.state = std::move(state);
  return a;
}

}  // namespace

TEST_CASE("figures survive the way through JSON") {
  CHECK(rc::check("parse_actors(actors_json(x)) == x", [] {
    std::vector<actor_figures> all;
    for (int n = *rc::gen::inRange(0, 5); n > 0; --n) all.push_back(some_figures());
    const auto back = parse_actors(actors_json(all));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) RC_ASSERT(fields((*back)[i]) == fields(all[i]));
  }));
}

TEST_CASE("the JSON has exactly the names of the struct; what JSON cannot say is null or a replacement character") {
  auto a = actor(18446744073709551615ull, "bad \xff utf-8", "host", "");
  a.p50_us = std::numeric_limits<double>::quiet_NaN();
  a.p99_us = std::numeric_limits<double>::infinity();
  const auto json = nlohmann::ordered_json::parse(actors_json({a}));
  std::vector<std::string> names;
  for (const auto& [name, value] : json.at(0).items()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"id",        "name",      "kind",      "parent",         "state",          "queue_depth",    "queue_depth_max",
                                          "processed", "errors",    "restarts",  "last_error",     "p50_us",         "p99_us",         "up_s",
                                          "p95_us",    "p999_us",   "service_s", "latency_p50_us", "latency_p95_us", "latency_p99_us", "latency_p999_us",
                                          "node",      "since",     "thread",    "policy",         "message",        "busy_ms",        "slow",
                                          "refused",   "conflated", "in_flight", "memory_bytes",   "restart_notes"});
  CHECK(json.at(0).at("p50_us").is_null());
  const auto back = parse_actors(actors_json({a}));
  REQUIRE(back.has_value());
  CHECK(back->at(0).id == a.id);
  CHECK(back->at(0).name == "bad \xEF\xBF\xBD utf-8");
  CHECK(std::isnan(back->at(0).p50_us));
  CHECK(actors_json({}) == "[]");
}

TEST_CASE("other JSON is refused with the element and the field") {
  const auto sound = actors_json({actor(1, "a", "host", "")});
  const auto message_for = [](const std::string& json) {
    const auto parsed = parse_actors(json);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == errc::malformed_line);
    return parsed.error().message;
  };
  const auto altered = [&](const std::string& name, const nlohmann::json& value) {
    auto json = nlohmann::json::parse(sound);
    json.push_back(json.at(0));
    json.at(1)[name] = value;
    return json.dump();
  };
  CHECK(message_for("") == "actors: this is not JSON");
  CHECK(message_for(sound.substr(0, sound.size() - 1)) == "actors: this is not JSON");
  CHECK(message_for("{}") == "actors: an array of objects is expected");
  CHECK(message_for("[7]") == "actors: element 1: an object is expected");
  CHECK(message_for("[{}]") == "actors: element 1: id is missing");
  CHECK(message_for(altered("id", -1)).starts_with("actors: element 2: id must be a whole number"));
  CHECK(message_for(altered("queue_depth", 1.5)).starts_with("actors: element 2: queue_depth must be a whole number"));
  CHECK(message_for(altered("name", 7)) == "actors: element 2: name must be a string");
  CHECK(message_for(altered("up_s", "1")) == "actors: element 2: up_s must be a number");
  CHECK(message_for(std::string(100'000, '[')) == "actors: this is not JSON");
  CHECK(parse_actors(altered("from_the_future", 1)).has_value());

  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {  // whatever comes, it is a value or an error
    auto damaged = sound;
    for (auto n = 1 + random() % 4; n > 0; --n) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto parsed = parse_actors(damaged);
    CHECK((parsed.has_value() || parsed.error().code == errc::malformed_line));
  }
}

TEST_CASE("the tree of a sample looks like this") {
  auto root = actor(1, "node", "supervisor", "");
  root.processed = 12;
  root.p50_us = 4.25;
  root.p99_us = 80;
  auto journal = actor(2, "journal", "journal", "node");
  journal.queue_depth = 17;
  journal.queue_depth_max = 4096;
  journal.processed = 1'234'567'890;
  journal.p50_us = 1.5;
  journal.p99_us = 250'000;
  auto risk = actor(3, "risk_management", "coordinator", "node");
  auto book = actor(5, "risk_management/book", "host", "risk_management", "failed");
  book.errors = 3;
  book.restarts = 2;
  book.last_error = "deciding seq 71: log_io: writing the group: no space left on device\nsecond line \x1b[31m that no terminal should obey";
  auto exposure = actor(4, "risk_management/exposure", "host", "risk_management", "recovering");
  auto gateway = actor(6, "trading_gateway", "coordinator", "node");
  gateway.restarts = 1;
  const auto lost = actor(9, "stray", "adapter", "gone");
  const std::string expected =
      "7 actors: 1 failed, 1 recovering, 2 restarted\n"
      "  actor                           kind         state       queue   max  processed  p50 us  p99 us  restarts  errors  last error\n"
      "  node                            supervisor   running         0     0         12     4.2    80.0         0       0\n"
      "  ├─ journal                      journal      running        17  4096      1.23G     1.5  250000         0       0\n"
      "  ├─ risk_management              coordinator  running         0     0          0     0.0     0.0         0       0\n"
      "! │  ├─ risk_management/exposure  host         recovering      0     0          0     0.0     0.0         0       0\n"
      "✗ │  └─ risk_management/book      host         failed          0     0          0     0.0     0.0         2       3  deciding seq 71: log_io: writing "
      "the group…\n"
      "! └─ trading_gateway              coordinator  running         0     0          0     0.0     0.0         1       0\n"
      "! stray                           adapter      running         0     0          0     0.0     0.0         0       0  (under gone, which is not "
      "listed)\n";
  CHECK(actors_tree({lost, book, gateway, exposure, risk, journal, root}) == expected);
  CHECK(actors_tree({}) == "0 actors\n");
  CHECK(lines_of(actors_tree({actor(1, "node", "supervisor", "")})).at(0) == "1 actor: all running, none restarted");
}

TEST_CASE("hostile figures: every actor on one line of at most 160 columns, without control characters") {
  CHECK(rc::check("any figures", [] {
    std::vector<actor_figures> all;
    for (int n = *rc::gen::inRange(1, 12); n > 0; --n) all.push_back(some_figures());
    for (auto& a : all)
      if (*rc::gen::inRange(0, 2) == 0) a.parent = all[*rc::gen::inRange<std::size_t>(0, all.size())].name;  // trees, cycles, itself
    const auto lines = lines_of(actors_tree(all));
    RC_ASSERT(lines.size() == all.size() + 2);
    for (const auto& line : lines) {
      RC_ASSERT(columns_of(line) <= 160u);
      RC_ASSERT(line == printable(line));
    }
  }));
  std::vector<actor_figures> chain;  // as deep as it gets
  for (std::uint64_t i = 0; i < 20'000; ++i) chain.push_back(actor(i, std::to_string(i), "host", i == 0 ? "" : std::to_string(i - 1)));
  CHECK(lines_of(actors_tree(chain)).size() == chain.size() + 2);
  auto widest = actor(1, std::string(300, 'n'), std::string(300, 'k'), "", std::string(300, 's'));
  widest.queue_depth = widest.queue_depth_max = widest.processed = widest.errors = widest.restarts = std::numeric_limits<std::uint64_t>::max();
  widest.p50_us = widest.p99_us = std::numeric_limits<double>::max();
  widest.last_error = std::string(300, 'e');
  for (const auto& line : lines_of(actors_tree({widest}))) CHECK(columns_of(line) <= 160);
  CHECK(actors_tree({widest}).find("18.45E  18.45E") != std::string::npos);
  CHECK(actors_tree({widest}).find("1.8e+308  1.8e+308") != std::string::npos);
}

TEST_CASE("UTF-8: broken sequences are replaced, cuts fall between characters") {
  CHECK(valid_utf8("aé─😀") == "aé─😀");
  const std::string replaced = "\xEF\xBF\xBD";
  for (const std::string broken : {"\x80", "\xC0", "\xC1", "\xF5", "\xFF"}) CHECK(valid_utf8(broken) == replaced);
  CHECK(valid_utf8("\xC0\xAF") == replaced + replaced);                 // overlong '/'
  CHECK(valid_utf8("\xED\xA0\x80") == replaced + replaced + replaced);  // a surrogate
  CHECK(valid_utf8("\xF4\x90\x80\x80") == replaced + replaced + replaced + replaced);
  CHECK(valid_utf8("\xE2\x94") == replaced + replaced);  // cut short
  CHECK(printable("a\x1b[31mb\r\nc\td\x7f\xC2\x9B") == "a?[31mb  c d??");
  CHECK(cut_to("abc", 3) == "abc");
  CHECK(cut_to("abcd", 3) == "ab…");
  CHECK(cut_to("é─😀x", 3) == "é─…");
  CHECK(cut_to("abc", 1) == "…");
  CHECK(cut_to("abc", 0) == "");
}
