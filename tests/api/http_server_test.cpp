// The server over real sockets: what well-behaved clients may expect.
#include "tests/api/test_server.hpp"

using namespace tomnext;
using namespace tomnext::api;
using namespace tomnext::tests;

TEST_CASE("a connection carries one request after another") {
  const auto server = serving(echo);
  raw_client client(server->port());
  for (int i = 0; i < 50; ++i) {
    REQUIRE(client.send(get("/a%20b/" + std::to_string(i) + "?x=%41")));
    const auto a = client.answer();
    REQUIRE(a.has_value());
    CHECK(a->status == 200);
    CHECK(a->headers.at("content-type") == "text/plain");
    CHECK(a->headers.at("cache-control") == "no-store");
    CHECK(a->body == "GET /a b/" + std::to_string(i) + "?x=%41 ");
  }
  REQUIRE(client.send(get("/last", "Connection: close\r\n")));
  CHECK(client.answer().has_value());
  CHECK(client.ends());
}

TEST_CASE("pipelined requests are answered in their order, whenever their answers come") {
  answering_thread actor;
  const auto server = serving([&](const http_request& q, const responder& r) {
    if (q.path.size() % 2 == 0) r(plain(echo_of(q)));
    else actor.later([q, r] { r(plain(echo_of(q))); });
  });
  raw_client client(server->port());
  std::string all;
  const auto posted_to = [](int i) { return "/" + std::string(static_cast<std::size_t>(i % 5), 'p'); };
  for (int i = 0; i < 40; ++i) all += i % 3 == 0 ? post(posted_to(i), "body " + std::to_string(i)) : get("/" + std::to_string(i));
  REQUIRE(client.send(all));
  for (int i = 0; i < 40; ++i) {
    const auto a = client.answer();
    REQUIRE(a.has_value());
    CHECK(a->body == (i % 3 == 0 ? "POST " + posted_to(i) + "? body " + std::to_string(i) : "GET /" + std::to_string(i) + "? "));
  }
}

TEST_CASE("many clients at once each get their own answers") {
  answering_thread one, two;
  std::atomic<unsigned> turn{0};
  const auto server = serving([&](const http_request& q, const responder& r) { (turn++ % 2 == 0 ? one : two).later([q, r] { r(plain(echo_of(q))); }); },
                              {.answer_deadline = milliseconds(30'000)});
  constexpr int clients = 64, requests = 40;
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c)
    threads.emplace_back([&, c] {
      raw_client client(server->port(), milliseconds(30'000));
      for (int i = 0; i < requests; ++i) {
        const auto path = "/" + std::to_string(c) + "/" + std::to_string(i);
        if (!client.send(get(path))) return;
        const auto a = client.answer();
        if (a && a->status == 200 && a->body == "GET " + path + "? ") ++right;
      }
    });
  for (auto& t : threads) t.join();
  CHECK(right == clients * requests);
}

TEST_CASE("HEAD has the length and not the body, and the connection goes on behind it") {
  const auto server = serving(echo);
  raw_client client(server->port());
  REQUIRE(client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/y")));
  const auto head = client.answer(raw_client::asked::head_only);
  REQUIRE(head.has_value());
  CHECK(head->headers.at("content-length") == "9");  // "HEAD /x? "
  const auto next = client.answer();
  REQUIRE(next.has_value());
  CHECK(next->body == "GET /y? ");
}

TEST_CASE("bodies come in chunks too, and after a 100 Continue where the client asks") {
  const auto server = serving(echo);
  raw_client client(server->port());
  REQUIRE(client.send("POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  const auto chunked = client.answer();
  REQUIRE(chunked.has_value());
  CHECK(chunked->body == "POST /c? abcde");
  REQUIRE(client.send("POST /e HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  const auto go_on = client.answer();
  REQUIRE(go_on.has_value());
  CHECK(go_on->status == 100);
  REQUIRE(client.send("xy"));
  const auto answered = client.answer();
  REQUIRE(answered.has_value());
  CHECK(answered->body == "POST /e? xy");
}

TEST_CASE("the correlation id is the client's where it is well-formed, else a fresh one") {
  const auto server = serving([](const http_request& q, const responder& r) { r(plain(q.correlation_id)); });
  raw_client client(server->port());
  const auto id_for = [&](const std::string& header) {
    REQUIRE(client.send(get("/", header)));
    const auto a = client.answer();
    REQUIRE(a.has_value());
    CHECK(a->body == a->headers.at("x-correlation-id"));
    return a->body;
  };
  CHECK(id_for("X-Correlation-Id: order-17.a_B\r\n") == "order-17.a_B");
  CHECK(id_for("x-correlation-id: " + std::string(64, 'a') + "\r\n") == std::string(64, 'a'));
  const auto fresh = id_for("");
  CHECK(fresh.size() == 32);
  CHECK(fresh.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(id_for("") != fresh);
  for (const std::string bad : {"a b", "<script>", "\xc3\xa9", "a;b"}) CHECK(id_for("X-Correlation-Id: " + bad + "\r\n") != bad);
  CHECK(id_for("X-Correlation-Id: " + std::string(65, 'a') + "\r\n").size() == 32);
}

TEST_CASE("no answer by the deadline is a 503, and whatever comes later reaches nobody") {
  held_responders held;
  const auto server =
      serving([&](const http_request& q, const responder& r) { q.path == "/held" ? held.hold(r) : echo(q, r); }, {.answer_deadline = milliseconds(100)});
  raw_client client(server->port());
  const auto begun = steady::now();
  REQUIRE(client.send(get("/held")));
  CHECK(envelope_code(client.answer(), 503) == "no_answer");
  CHECK(steady::now() - begun >= milliseconds(100));
  held.answer_all(plain("late"));
  REQUIRE(client.send(get("/next")));
  const auto next = client.answer();
  REQUIRE(next.has_value());
  CHECK(next->body == "GET /next? ");
}

TEST_CASE("a handler that drops its responder costs the client a 503") {
  const auto server = serving([](const http_request&, const responder&) {}, {.answer_deadline = milliseconds(50)});
  raw_client client(server->port());
  REQUIRE(client.send(get("/")));
  CHECK(envelope_code(client.answer(), 503) == "no_answer");
}

TEST_CASE("of several answers to one request the first counts") {
  answering_thread actor;
  const auto server = serving([&](const http_request& q, const responder& r) {
    r(plain("first of " + q.path));
    r(plain("second"));
    actor.later([r] { r(plain("third")); });
  });
  raw_client client(server->port());
  for (int i = 0; i < 200; ++i) {
    REQUIRE(client.send(get("/" + std::to_string(i))));
    const auto a = client.answer();
    REQUIRE(a.has_value());
    CHECK(a->body == "first of /" + std::to_string(i));
  }
}

TEST_CASE("what a handler does wrong is a 500, and the server lives") {
  const auto server = serving([](const http_request& q, const responder& r) {
    if (q.path == "/throws") throw std::runtime_error("no such thing");
    if (q.path == "/throws-odd") throw 7;
    if (q.path == "/status") return r({42, "text/plain", "", {}});
    if (q.path == "/type") return r({200, "text/plain\r\nX-Injected: 1", "", {}});
    if (q.path == "/header") return r({200, "text/plain", "", {{"X-A", "b\r\n\r\n<html>"}}});
    if (q.path == "/empty") return r({204, "text/plain", "not sent", {}});
    echo(q, r);
  });
  raw_client client(server->port());
  for (const auto* path : {"/throws", "/throws-odd", "/status", "/type", "/header"}) {
    INFO(path);
    REQUIRE(client.send(get(path)));
    CHECK(envelope_code(client.answer(), 500) == "internal_error");
  }
  REQUIRE(client.send(get("/empty") + get("/after")));
  const auto empty = client.answer();
  REQUIRE(empty.has_value());
  CHECK(empty->status == 204);
  CHECK_FALSE(empty->headers.contains("content-length"));
  const auto after = client.answer();
  REQUIRE(after.has_value());
  CHECK(after->body == "GET /after? ");
}

TEST_CASE("settings that cannot be are refused, in words") {
  const auto refused = [](const http_settings& s) {
    const auto started = http_server::start(s, echo);
    REQUIRE_FALSE(started.has_value());
    return started.error();
  };
  for (const auto* address : {"0.0.0.0", "192.168.1.7", "::"}) {
    const auto e = refused({.address = address});
    CHECK(e.code == errc::configuration_value);
    CHECK(e.message.find("no TLS and no authentication") != std::string::npos);
  }
  CHECK(refused({.address = "trading.example"}).message.find("is no IP address") != std::string::npos);
  CHECK(refused({.connections_max = 0}).message.find("connections_max is 0, allowed are 1 to 10000") != std::string::npos);
  CHECK(refused({.header_max = 10}).code == errc::configuration_value);
  CHECK(refused({.answer_deadline = milliseconds(0)}).code == errc::configuration_value);
  CHECK_FALSE(http_server::start({}, {}).has_value());

  const auto first = serving(echo);
  const auto e = refused({.port = first->port()});
  CHECK(e.code == errc::network_io);
  CHECK(e.message.find("port " + std::to_string(first->port()) + " is in use") != std::string::npos);
}

TEST_CASE("a port can be listened on again at once after its server stopped") {
  auto server = serving(echo);
  const auto port = server->port();
  raw_client client(port);
  REQUIRE(client.send(get("/")));
  CHECK(client.answer().has_value());
  server->stop();  // the server closes first, so its side of the connection stays in TIME_WAIT
  server = serving(echo, {.port = port});
  CHECK(server->port() == port);
  raw_client again(port);
  REQUIRE(again.send(get("/")));
  CHECK(again.answer().has_value());
}
