// The server against clients that are too slow, too large, too many, strangers, or not HTTP at all.
#include <random>

#include "actors/api/request_rules.hpp"
#include "tests/api/test_server.hpp"

using namespace tomnext;
using namespace tomnext::api;
using namespace tomnext::tests;

namespace {

/// Sends one byte every few milliseconds until the server closes; how long it took.
milliseconds trickle(raw_client& client, std::string_view begin, char forever) {
  const auto start = steady::now();
  client.send(begin);
  while (steady::now() - start < milliseconds(10'000)) {
    if (client.readable_within(milliseconds(10))) break;
    if (!client.send(std::string(1, forever))) break;
  }
  return std::chrono::duration_cast<milliseconds>(steady::now() - start);
}

bool serves(const http_server& server) {
  raw_client client(server.port());
  if (!client.send(get("/alive"))) return false;
  const auto a = client.answer();
  return a && a->status == 200 && a->body == "GET /alive? ";
}

}  // namespace

TEST_CASE("a client that trickles is cut at the deadline, however busy it looks") {
  const auto server = serving(echo, {.header_deadline = milliseconds(300)});
  const auto begin =
      GENERATE(as<std::string>{}, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "G", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
  INFO(begin);
  raw_client client(server->port());
  const auto took = trickle(client, begin, 'a');
  CHECK(client.ends());
  CHECK(took >= milliseconds(250));
  CHECK(took < milliseconds(3'000));
  CHECK(serves(*server));
}

TEST_CASE("a connection on which nothing happens is closed: at once when it is new, later between requests") {
  const auto server = serving(echo, {.header_deadline = milliseconds(100), .idle_deadline = milliseconds(400)});
  raw_client silent(server->port());
  const auto begun = steady::now();
  CHECK(silent.ends());
  CHECK(steady::now() - begun < milliseconds(3'000));
  raw_client kept(server->port());
  REQUIRE(kept.send(get("/")));
  REQUIRE(kept.answer().has_value());
  const auto answered = steady::now();
  CHECK(kept.ends());
  CHECK(steady::now() - answered >= milliseconds(350));
}

TEST_CASE("a client that does not take its answer loses its place") {
  const auto server = serving(
      [](const http_request& q, const responder& r) {
        if (q.path == "/large") return r(plain(std::string(64u << 20, 'x')));  // more than the socket buffers of both sides hold
        echo(q, r);
      },
      {.connections_max = 1, .idle_deadline = milliseconds(300)});
  raw_client greedy(server->port());
  REQUIRE(greedy.send(get("/large")));
  REQUIRE(greedy.readable_within(milliseconds(5'000)));
  CHECK_FALSE(serves(*server));                        // it holds the only place,
  CHECK(eventually([&] { return serves(*server); }));  // until it is cut
}

TEST_CASE("what is too large is refused by its own status, and the answer arrives although the client is still sending") {
  const auto server = serving(echo, {.body_max = 1000, .header_max = 1024});
  const auto refused = [&](const std::string& bytes, unsigned status) {
    raw_client client(server->port());
    CHECK(client.send(bytes));  // all of it: a reset would fail this, or lose the answer
    const auto code = envelope_code(client.answer(), status);
    client.finish_sending();
    CHECK(client.ends_cleanly());
    return code;
  };
  CHECK(refused(post("/", std::string(1001, 'b')), 413) == "body_too_large");
  CHECK(refused(post("/", std::string(500'000, 'b')), 413) == "body_too_large");
  CHECK(refused("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551615\r\n\r\n", 413) == "body_too_large");
  CHECK(refused("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'c') + "\r\n0\r\n\r\n", 413) ==
        "body_too_large");
  CHECK(refused(get("/", "X-Large: " + std::string(2000, 'h') + "\r\n"), 431) == "header_too_large");
  CHECK(refused(get("/" + std::string(2000, 'u')), 431) == "header_too_large");
  std::string many;
  for (int i = 0; i < 300; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  CHECK(refused(get("/", many), 431) == "header_too_large");

  raw_client exact(server->port());
  REQUIRE(exact.send(post("/", std::string(1000, 'b'))));
  const auto a = exact.answer();
  REQUIRE(a.has_value());
  CHECK(a->body == "POST /? " + std::string(1000, 'b'));
}

TEST_CASE("requests that are not well-formed get a 400 and the connection ends") {
  const auto server = serving(echo);
  const auto bytes = GENERATE(as<std::string>{}, "hello\r\n\r\n", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                              "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                              "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
                              "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /a%2Fb HTTP/1.1\r\nHost: localhost\r\n\r\n",
                              "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                              "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                              "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                              "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                              "\x16\x03\x01\x02\x00\x01\r\n\r\n");
  INFO(bytes);
  raw_client client(server->port());
  REQUIRE(client.send(bytes));
  CHECK(envelope_code(client.answer(), 400) == "bad_request");
  client.finish_sending();
  CHECK(client.ends());
}

TEST_CASE("methods other than GET, HEAD and POST are refused, with what is allowed") {
  const auto server = serving(echo);
  const auto method = GENERATE("PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW");
  raw_client client(server->port());
  REQUIRE(client.send(std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto a = client.answer();
  CHECK(envelope_code(a, 405) == "method_not_allowed");
  CHECK(a->headers.at("allow") == "GET, HEAD, POST");
  CHECK_FALSE(a->headers.contains("access-control-allow-origin"));
}

TEST_CASE("a web page of a stranger reaches nothing: Host and Origin must be of this machine") {
  std::atomic<int> handled{0};
  const auto server = serving([&](const http_request& q, const responder& r) {
    ++handled;
    echo(q, r);
  });
  const auto status = [&](const std::string& headers) {
    raw_client client(server->port());
    REQUIRE(client.send("POST / HTTP/1.1\r\n" + headers + "Content-Length: 2\r\n\r\n{}"));
    const auto a = client.answer();
    REQUIRE(a.has_value());
    if (a->status != 200) (void)envelope_code(a, a->status);
    return a->status;
  };
  for (const std::string host : {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:65535"})
    CHECK(status("Host: " + host + "\r\n") == 200);
  for (const std::string origin : {"http://localhost:8080", "https://127.0.0.1", "http://[::1]:5"})
    CHECK(status("Host: localhost\r\nOrigin: " + origin + "\r\n") == 200);
  const int before = handled;
  for (const std::string host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "10.0.0.1", "localhost:", "localhost:0", "localhost:65536",
        "localhost:80x", "[::1", "[::2]", "127.0.0", "127.0.0.1.", "127.0.0.256", "user@localhost", "localhost@evil", "0.0.0.0", "", " "})
    CHECK(status("Host: " + host + "\r\n") == 421);
  for (const std::string origin : {"http://evil.example", "null", "https://localhost.evil.example", "file://", ""})
    CHECK(status("Host: localhost\r\nOrigin: " + origin + "\r\n") == 403);
  CHECK(handled == before);
}

TEST_CASE("connections beyond the limit are told so, and places become free again") {
  const auto server = serving(echo, {.connections_max = 4});
  std::vector<raw_client> kept;
  for (int i = 0; i < 4; ++i) {
    kept.emplace_back(server->port());
    REQUIRE(kept.back().send(get("/")));
    REQUIRE(kept.back().answer().has_value());
  }
  for (int i = 0; i < 5; ++i) {
    raw_client extra(server->port());
    CHECK(envelope_code(extra.answer(), 503) == "too_many_connections");
    extra.finish_sending();
    CHECK(extra.ends());
  }
  for (auto& k : kept) {  // those inside do not suffer
    REQUIRE(k.send(get("/still")));
    CHECK(k.answer().has_value());
  }
  kept.pop_back();
  CHECK(eventually([&] { return serves(*server); }));
}

TEST_CASE("a thousand connections leave no descriptor behind, however they end") {
  const auto server = serving(
      [](const http_request& q, const responder& r) {
        if (q.path != "/never") echo(q, r);
      },
      {.header_deadline = milliseconds(200), .answer_deadline = milliseconds(50), .idle_deadline = milliseconds(200)});
  REQUIRE(serves(*server));
  REQUIRE(eventually([&] {
    static auto last = open_descriptors();
    return std::exchange(last, open_descriptors()) == last;
  }));
  const auto before = open_descriptors();
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    raw_client client(server->port());
    REQUIRE(client.connected());
    switch (i % 5) {
      case 0:
        client.send(get("/x", "Connection: close\r\n"));
        answered += client.answer() ? 1 : 0;
        break;
      case 1:
        client.send(get("/x"));
        answered += client.answer() ? 1 : 0;
        break;
      case 2:
        client.send("garbage\r\n\r\n");
        answered += client.answer() ? 1 : 0;
        break;
      case 3: client.send("GET /half"); break;
      default: client.send(get("/never")); break;  // goes away while its answer is awaited
    }
  }
  CHECK(answered == 600);
  CHECK(eventually([&] { return open_descriptors() <= before; }));
  CHECK(serves(*server));
}

namespace {

/// A request made from a well-formed one by random damage, or of random bytes altogether.
std::string damaged_request(std::mt19937& random) {
  static const std::string seeds[] = {get("/a?b=c"),
                                      post("/orders", R"({"a":1})"),
                                      "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                      "POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                                      "POST / HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 3\r\nExpect: 100-continue\r\nOrigin: null\r\n\r\nabc",
                                      get("/%41%2f%00", "X-Correlation-Id: a\r\n")};
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const auto byte = [&] { return static_cast<char>(below(256)); };
  std::string bytes = seeds[below(std::size(seeds))];
  if (below(8) == 0) {
    bytes.assign(below(300), '\0');
    for (char& c : bytes) c = byte();
    return bytes;
  }
  for (auto n = below(6); n-- > 0 && !bytes.empty();) {
    const auto at = below(bytes.size());
    switch (below(6)) {
      case 0: bytes[at] = byte(); break;
      case 1: bytes.insert(at, 1 + below(20), byte()); break;
      case 2: bytes.erase(at, 1 + below(10)); break;
      case 3: bytes.insert(at, "\r\n"); break;
      case 4: bytes += seeds[below(std::size(seeds))]; break;
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("damaged requests are answered or cut, handlers see only sound ones, and the server serves on") {
  std::atomic<int> handled{0}, unsound{0};
  const auto server = serving(
      [&](const http_request& q, const responder& r) {
        ++handled;
        const bool sound = (q.method == "GET" || q.method == "HEAD" || q.method == "POST") && q.path.starts_with('/') && is_header_text(q.path) &&
                           is_header_text(q.query) && is_correlation_id(q.correlation_id) && q.body.size() <= 64 * 1024;
        if (!sound) ++unsound;
        echo(q, r);
      },
      {.header_deadline = milliseconds(500), .idle_deadline = milliseconds(500)});
  std::mt19937 random(20240229);
  int answered = 0, silent = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto bytes = damaged_request(random);
    raw_client client(server->port());
    REQUIRE(client.connected());
    client.send(bytes);
    client.finish_sending();
    const auto got = client.all();
    INFO("request " << i << ": " << bytes);
    REQUIRE(got.has_value());  // it ended, by itself
    if (got->empty()) {
      ++silent;
      continue;
    }
    REQUIRE(got->starts_with("HTTP/1."));
    ++(got->starts_with("HTTP/1.1 200") ? answered : refused);
  }
  CHECK(unsound == 0);
  CHECK(answered > 100);  // the damage is neither always fatal nor never
  CHECK(refused > 100);
  CHECK(silent > 100);
  CHECK(serves(*server));
}
