// Stopping a server: everybody is answered, nobody waits long, and what comes later does no harm.
#include "tests/api/test_server.hpp"

using namespace tomnext;
using namespace tomnext::api;
using namespace tomnext::tests;

TEST_CASE("requests in flight get a 503 when the server stops, and late responders reach nobody") {
  held_responders held;
  auto server = serving([&](const http_request&, const responder& r) { held.hold(r); }, {.answer_deadline = milliseconds(60'000)});
  std::vector<raw_client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server->port());
    REQUIRE(clients.back().send(get("/")));
  }
  REQUIRE(eventually([&] { return held.count() == 20; }));
  server->stop();
  for (auto& c : clients) {
    const auto a = c.answer();
    CHECK(envelope_code(a, 503) == "stopping");
    CHECK(a->headers.at("connection") == "close");
    CHECK(c.ends());
  }
  held.answer_all(plain("after stop"));
  server.reset();
  held.answer_all(plain("after the server is gone"));
}

TEST_CASE("stopping waits for no idle, half-sent or stuck client, and can be asked twice") {
  auto server = serving([](const http_request&, const responder& r) { r(plain(std::string(64u << 20, 'x'))); });
  const auto port = server->port();
  raw_client idle(port), half(port), stuck(port);
  REQUIRE(half.send("GET / HT"));
  REQUIRE(stuck.send(get("/large")));
  REQUIRE(stuck.readable_within(milliseconds(5'000)));
  const auto begun = steady::now();
  server->stop();
  server->stop();
  CHECK(steady::now() - begun < milliseconds(4'000));  // a second of grace for the stuck one, and this machine's leisure
  CHECK(idle.ends());
  CHECK(half.ends());
  CHECK_FALSE(raw_client(port).connected());
}

TEST_CASE("a handler may stop its server") {
  std::atomic<http_server*> self{nullptr};
  std::atomic<bool> asked{false};
  auto server = serving([&](const http_request& q, const responder& r) {
    echo(q, r);
    asked = true;
    self.load()->stop();
  });
  self = server.get();
  raw_client client(server->port());
  REQUIRE(client.send(get("/stop")));
  CHECK(client.answer().has_value());
  CHECK(client.ends());
  CHECK(asked);
  server.reset();
}

TEST_CASE("answers that race with the stop arrive whole or not at all") {
  for (int round = 0; round < 30; ++round) {
    answering_thread one, two;
    std::atomic<int> handled{0};
    auto server = serving([&](const http_request& q, const responder& r) { (handled++ % 2 == 0 ? one : two).later([q, r] { r(plain(echo_of(q))); }); });
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int c = 0; c < 4; ++c)
      threads.emplace_back([&] {
        raw_client client(server->port());
        while (client.send(get("/race"))) {
          const auto a = client.answer();
          if (!a) break;
          if (!(a->status == 200 && a->body == "GET /race? ") && a->status != 503) ++wrong;
        }
      });
    REQUIRE(eventually([&] { return handled >= 40; }));
    server->stop();
    for (auto& t : threads) t.join();
    CHECK(wrong == 0);
  }
}
