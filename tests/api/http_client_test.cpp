// The command line's client against our server, and against what else may listen on a port.
#include "actors/api/http_client.hpp"
#include "tests/api/test_server.hpp"

using namespace tomnext;
using namespace tomnext::api;
using namespace tomnext::tests;

namespace {

std::string url(std::uint16_t port, const std::string& path = "/") { return "http://127.0.0.1:" + std::to_string(port) + path; }

/// The error of a GET against a listener that does `what` with its first connection.
error against(const std::function<void(raw_client&)>& what, milliseconds deadline = milliseconds(5'000)) {
  raw_listener listener;
  std::thread peer([&] {
    auto client = listener.accept_one();
    (void)client.read_some();
    what(client);
  });
  const auto got = http_get(url(listener.port()), deadline);
  peer.join();
  REQUIRE_FALSE(got.has_value());
  return got.error();
}

bool says(const error& e, const std::string& what) { return e.message.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("the client asks and gets status, type, headers and body") {
  const auto server = serving([](const http_request& q, const responder& r) {
    if (q.path == "/problem") return r(problem(404, "not_found", "nothing here", q.correlation_id));
    echo(q, r);
  });
  const auto got = http_get(url(server->port(), "/a%20b?c=d"), milliseconds(5'000));
  REQUIRE(got.has_value());
  CHECK(got->status == 200);
  CHECK(got->content_type == "text/plain");
  CHECK(got->body == "GET /a b?c=d ");
  const auto posted = http_post("http://localhost:" + std::to_string(server->port()), R"({"quantity":"1.5"})", milliseconds(5'000));
  REQUIRE(posted.has_value());
  CHECK(posted->body == R"(POST /? {"quantity":"1.5"})");
  const auto refused = http_get(url(server->port(), "/problem"), milliseconds(5'000));
  REQUIRE(refused.has_value());
  CHECK(refused->status == 404);
  CHECK(std::any_of(refused->headers.begin(), refused->headers.end(), [](const auto& h) { return h.first == "X-Correlation-Id"; }));
}

TEST_CASE("a body that the server refuses half-way still yields the server's answer") {
  const auto server = serving(echo);
  const auto got = http_post(url(server->port()), std::string(900'000, 'x'), milliseconds(5'000));
  REQUIRE(got.has_value());
  CHECK(got->status == 413);
}

TEST_CASE("URLs that are not plain http to this machine are refused before anything is sent") {
  for (const std::string bad : {"", "localhost:80", "https://localhost/", "http://", "http:///x", "http://example.com/", "http://10.0.0.1/",
                                "http://localhost:0/", "http://localhost:99999/", "http://localhost:x/", "http://user@localhost/", "http://localhost/a b",
                                "http://localhost/\r\nX: y", "http://localhost/#top", "ftp://localhost/", "http://[::2]/"}) {
    INFO(bad);
    const auto got = http_get(bad, milliseconds(1'000));
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == errc::invalid_argument);
  }
  CHECK(http_get("http://localhost:1/", milliseconds(0)).error().code == errc::invalid_argument);
}

TEST_CASE("where nothing listens, the client says so") {
  std::uint16_t port = 0;
  {
    const raw_listener gone;
    port = gone.port();
  }
  const auto got = http_get(url(port), milliseconds(5'000));
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == errc::network_io);
  CHECK(says(got.error(), "nothing listens there"));
}

TEST_CASE("the client's deadline holds against silence and against trickling") {
  const auto begun = steady::now();
  const auto silence = against([](raw_client& c) { (void)c.all(); }, milliseconds(200));
  CHECK(silence.code == errc::timed_out);
  CHECK(says(silence, "no answer within 200 ms"));
  const auto trickle = against(
      [](raw_client& c) {
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!c.readable_within(milliseconds(10)) && c.send("x")) {}
      },
      milliseconds(200));
  CHECK(trickle.code == errc::timed_out);
  CHECK(steady::now() - begun < milliseconds(5'000));
}

TEST_CASE("what is no HTTP, too large or cut short is an error with a name") {
  CHECK(says(against([](raw_client& c) { c.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }), "does not speak HTTP"));
  CHECK(says(against([](raw_client& c) {
               c.send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
               c.finish_sending();
               (void)c.all();
             }),
             "is this the node's HTTP port?"));
  CHECK(says(against([](raw_client& c) { c.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"); }), "is larger than"));
  CHECK(says(against([](raw_client& c) {
               for (int i = 0; i < 20'000 && c.send(i == 0 ? "HTTP/1.1 200 OK\r\n" : "X-Y: 1\r\n"); ++i) {}
             }),
             "is larger than"));
  CHECK(says(against(
                 [](raw_client& c) {
                   if (!c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) return;
                   while (c.send("10000\r\n" + std::string(0x10000, 'x') + "\r\n")) {}
                 },
                 milliseconds(20'000)),
             "is larger than"));
  CHECK(says(against([](raw_client& c) { c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"); }), "closed before the answer was complete"));
  CHECK(says(against([](raw_client&) {}), "closed before the answer was complete"));
}
