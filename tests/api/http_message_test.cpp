// Query parameters, the error envelope, and the rules on request text, without a server.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "actors/api/request_rules.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::api;

TEST_CASE("query parameters are found by their decoded name and come decoded") {
  CHECK(query_value("a=1&b=2", "b") == "2");
  CHECK(query_value("a=1&a=2", "a") == "1");
  CHECK(query_value("name=New+York%2C+17%3A00", "name") == "New York, 17:00");
  CHECK(query_value("%61b=1", "ab") == "1");
  CHECK(query_value("flag&x=", "flag") == "");
  CHECK(query_value("flag&x=", "x") == "");
  CHECK(query_value("x=a=b", "x") == "a=b");
  CHECK_FALSE(query_value("", "a").has_value());
  CHECK_FALSE(query_value("aa=1", "a").has_value());
  CHECK_FALSE(query_value("a=%", "a").has_value());
  CHECK_FALSE(query_value("a=%4", "a").has_value());
  CHECK_FALSE(query_value("a=%g1", "a").has_value());
  CHECK_FALSE(query_value("&&&", "a").has_value());
}

TEST_CASE("the envelope is JSON whatever the message holds") {
  const std::string hostile = std::string("quote \" line\nNUL\0 broken \xff\xc3", 28);
  const auto p = problem(400, "bad_request", hostile, "id-1", R"({"line":7})");
  const auto envelope = nlohmann::json::parse(p.body);
  CHECK(p.status == 400);
  CHECK(envelope.size() == 4);
  CHECK(envelope.at("code") == "bad_request");
  CHECK(envelope.at("details").at("line") == 7);
  CHECK(envelope.at("correlation_id") == "id-1");
  CHECK(envelope.at("message").get<std::string>().starts_with("quote \" line\n"));
  for (const std::string no_object : {"", "[1]", "{", "7", "\xff"})
    CHECK(nlohmann::json::parse(problem(500, "c", "m", "i", no_object).body).at("details").is_object());
}

TEST_CASE("our errors map to statuses by what the client can do") {
  const auto status = [](errc code) { return problem(error(code, "why"), "id").status; };
  CHECK(status(errc::configuration_value) == 400);
  CHECK(status(errc::unknown_instrument) == 404);
  CHECK(status(errc::illegal_transition) == 409);
  CHECK(status(errc::limit_breached) == 422);
  CHECK(status(errc::overloaded) == 503);
  CHECK(status(errc::version_conflict) == 409);
  const auto has_retry = [](errc code) {
    for (const auto& [name, value] : problem(error(code, "why"), "id").headers)
      if (name == "Retry-After") return value == "1";
    return false;
  };
  for (const auto code : {errc::overloaded, errc::log_full, errc::not_ready}) CHECK(has_retry(code));
  for (const auto code : {errc::cancelled, errc::version_conflict, errc::bad_request, errc::log_corrupt}) CHECK_FALSE(has_retry(code));
  const auto conflict = nlohmann::json::parse(problem(error(errc::version_conflict, "reading: expected version 7, actual version 12"), "id").body);
  CHECK(conflict["details"]["expected_version"] == 7);
  CHECK(conflict["details"]["actual_version"] == 12);
  CHECK_FALSE(nlohmann::json::parse(problem(error(errc::version_conflict, "actual version none"), "id").body)["details"].contains("actual_version"));
  CHECK(status(errc::timed_out) == 504);
  CHECK(status(errc::log_corrupt) == 500);
  const auto envelope = nlohmann::json::parse(problem(error(errc::limit_breached, "too much"), "id").body);
  CHECK(envelope.at("message") == "too much");
  CHECK(envelope.at("details").at("errc") == 403);
}

TEST_CASE("request targets are split and decoded, or refused in words") {
  const auto split = split_target("/a%20b/%C3%A9?x=%2F&y");
  REQUIRE(split.has_value());
  CHECK(split->path == "/a b/é");
  CHECK(split->query == "x=%2F&y");
  CHECK(split_target("/?")->query.empty());
  CHECK(split_target("/a+b")->path == "/a+b");
  for (const std::string bad : {"", "*", "a", "http://localhost/", "/%", "/%2", "/%2f", "/a%2Fb", "/%0d%0aX", "/%7f", "/\x01"}) {
    INFO(bad);
    const auto refused = split_target(bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == errc::bad_request);
  }
}

TEST_CASE("fresh correlation ids are well-formed and differ") {
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(fresh_correlation_id());
  CHECK(ids.size() == 10'000);
  CHECK(std::all_of(ids.begin(), ids.end(), is_correlation_id));
}
