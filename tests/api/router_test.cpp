#include "actors/api/router.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::api;

namespace {

/// A handler that says which one it is, and its parameters.
route_handler named(std::string name) {
  return [name](const http_request&, const path_parameters& parameters, const responder& r) {
    std::string said = name;
    for (const auto& [key, value] : parameters) said += " " + key + "=" + value;
    r({200, "text/plain", said, {}});
  };
}

http_response ask(const router& routes, const std::string& method, const std::string& path) {
  http_response got;
  got.status = 0;
  routes({method, path, "", "", "id"}, [&](http_response r) { got = std::move(r); });
  return got;
}

std::string allow_of(const http_response& r) { return r.headers.size() == 1 && r.headers[0].first == "Allow" ? r.headers[0].second : "none"; }

}  // namespace

TEST_CASE("the most literal pattern serves a path, in whatever order they were added") {
  router routes;
  REQUIRE(routes.add("GET", "/api/v1/{service}/{what}", named("any")));
  REQUIRE(routes.add("GET", "/api/v1/{service}/state", named("state")));
  REQUIRE(routes.add("GET", "/api/v1/{service}", named("service")));
  REQUIRE(routes.add("GET", "/api/v1/actors", named("actors")));
  REQUIRE(routes.add("GET", "/api/v1/actors/{id}", named("actor")));
  REQUIRE(routes.add("GET", "/", named("root")));
  CHECK(ask(routes, "GET", "/api/v1/actors").body == "actors");
  CHECK(ask(routes, "HEAD", "/api/v1/actors").body == "actors");
  CHECK(ask(routes, "GET", "/api/v1/actors/7").body == "actor id=7");
  CHECK(ask(routes, "GET", "/api/v1/actors/state").body == "actor id=state");  // the earlier part decides
  CHECK(ask(routes, "GET", "/api/v1/risk_management").body == "service service=risk_management");
  CHECK(ask(routes, "GET", "/api/v1/risk_management/state").body == "state service=risk_management");
  CHECK(ask(routes, "GET", "/api/v1/risk_management/book").body == "any service=risk_management what=book");
  CHECK(ask(routes, "GET", "/").body == "root");
}

TEST_CASE("unknown paths are 404 and wrong methods 405 with what is allowed, in the envelope") {
  router routes;
  REQUIRE(routes.add("GET", "/healthz", named("health")));
  REQUIRE(routes.add("POST", "/orders", named("order")));
  REQUIRE(routes.add("GET", "/both/{x}", named("read")));
  REQUIRE(routes.add("POST", "/both/{x}", named("write")));
  for (const auto* path : {"/", "/healthz/", "/health", "/healthz/x", "//healthz", "/both/", "/both", "/both/a/b"}) {
    INFO(path);
    const auto a = ask(routes, "GET", path);
    CHECK(a.status == 404);
    CHECK(nlohmann::json::parse(a.body).at("code") == "not_found");
  }
  CHECK(ask(routes, "POST", "/both/1").body == "write x=1");
  CHECK(ask(routes, "HEAD", "/both/1").body == "read x=1");
  const auto read_only = ask(routes, "POST", "/healthz");
  CHECK(read_only.status == 405);
  CHECK(allow_of(read_only) == "GET, HEAD");
  CHECK(nlohmann::json::parse(read_only.body).at("code") == "method_not_allowed");
  CHECK(allow_of(ask(routes, "GET", "/orders")) == "POST");
  CHECK(allow_of(ask(routes, "HEAD", "/orders")) == "POST");
  CHECK(ask(router(), "GET", "/").status == 404);
}

TEST_CASE("routes that cannot be told apart or are malformed are refused when added") {
  router routes;
  REQUIRE(routes.add("GET", "/a/{x}", named("a")));
  const auto refused = [&](const std::string& method, const std::string& pattern, route_handler handler) {
    const auto added = routes.add(method, pattern, std::move(handler));
    return !added && added.error().code == errc::invalid_argument;
  };
  CHECK(refused("GET", "/a/{x}", named("again")));
  CHECK(refused("POST", "/a/{y}", named("other name")));
  CHECK(refused("PUT", "/b", named("method")));
  CHECK(refused("GET", "/b", {}));
  for (const std::string pattern : {"", "b", "/{}", "/{a", "/a}", "/x{a}", "/{a}{b}", "/{a}/{a}", "/a?b"}) {
    INFO(pattern);
    CHECK(refused("GET", pattern, named("malformed")));
  }
  CHECK(routes.add("POST", "/a/{x}", named("another method")));
}
