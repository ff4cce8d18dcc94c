#include "actors/remote/session.hpp"

#include "persistence/bytes.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::remote;
using namespace std::chrono_literals;

namespace {

greeting greeting_of(const std::string& name) {
  greeting g;
  g.fingerprint = 7;
  g.name = name;
  return g;
}

/// Two ends and the bytes between them, on virtual time.
struct pair_of_sessions {
  steady_time now{};
  std::string got_a, got_b;
  session_limits limits;
  session a, b;
  explicit pair_of_sessions(session_limits l = {}, greeting theirs = greeting_of("b"))
      : limits(l), a(make(greeting_of("a"), got_a)), b(make(std::move(theirs), got_b)) {}
  session make(const greeting& mine, std::string& got) {
    return {limits, mine, now, [mine](const greeting& g) { return may_talk(mine, g); },
            [&got](std::string_view piece) {
              got += piece;
              return result<void>{};
            }};
  }
  result<void> carry(session& from, session& to) {
    const auto bytes = std::exchange(from.output(), {});
    return bytes.empty() ? result<void>{} : to.take(bytes, now);
  }
  result<void> carry_all() {
    for (int i = 0; i < 4; ++i) {
      TOMNEXT_TRY(carry(a, b));
      TOMNEXT_TRY(carry(b, a));
    }
    return {};
  }
};
std::string message_of(const result<void>& r) { return r ? "" : r.error().message; }

}  // namespace

TEST_CASE("two that greet each other are open, and pieces come in order") {
  pair_of_sessions p;
  CHECK(p.a.may_send() == 0);
  REQUIRE(p.carry_all());
  REQUIRE((p.a.open() && p.b.open()));
  for (const char* piece : {"one ", "two ", "three"}) p.a.say(piece, p.now);
  REQUIRE(p.carry_all());
  CHECK(p.got_b == "one two three");
}

TEST_CASE("a peer of another version, build or configuration is refused, by its words") {
  auto older = greeting_of("b");
  older.version = 2;
  CHECK(message_of(may_talk(greeting_of("a"), older)) == "the peer speaks version 2 of the link, this node version 1");
  auto other = greeting_of("b");
  other.fingerprint = 8;
  CHECK(message_of(may_talk(greeting_of("a"), other)) == "b is another build: its messages or events are not those of this node");
  auto elsewhere = greeting_of("b");
  elsewhere.configuration.bytes[0] = 0xab;
  CHECK(message_of(may_talk(greeting_of("a"), elsewhere)) == "b has another configuration (ab0000000000…), this node has 000000000000…");
  for (const auto& g : {older, other, elsewhere}) CHECK(!pair_of_sessions({}, g).carry_all());
  CHECK(!decode_greeting("hello"));
  auto cut = encode(greeting_of("b"));
  CHECK(decode_greeting(cut));
  for (std::size_t n = 0; n < cut.size(); ++n) CHECK(!decode_greeting(cut.substr(0, n)));
  CHECK(!decode_greeting(cut + "x"));
}

TEST_CASE("whoever has nothing to say says that it lives; whoever says nothing is dead after three seconds") {
  pair_of_sessions p;
  REQUIRE(p.carry_all());
  for (int i = 0; i < 100; ++i) {
    p.now = std::min(p.a.wake_at(), p.b.wake_at());
    REQUIRE(p.a.tick(p.now));
    REQUIRE(p.b.tick(p.now));
    REQUIRE(p.carry_all());
  }
  CHECK(p.now == steady_time{} + 50s);
  // From here on b says nothing.
  const auto heard = p.now;
  result<void> alive;
  while (alive && p.now < heard + 1h) {
    p.now = p.a.wake_at();
    alive = p.a.tick(p.now);
  }
  CHECK(message_of(alive) == "the peer has been silent for 3000 ms");
  CHECK(p.now == heard + 3s);
}

TEST_CASE("whoever does not greet within its time is given up, though it sends a byte now and then") {
  pair_of_sessions p;
  const auto hello = p.b.output();
  result<void> alive;
  std::size_t sent = 0;
  for (; alive && sent < hello.size() - 1; ++sent) {
    p.now += 500ms;
    alive = p.a.take(hello.substr(sent, 1), p.now);
    if (alive) alive = p.a.tick(p.now);
  }
  CHECK(message_of(alive) == "the peer has not said who it is within 5000 ms");
  CHECK(p.now == steady_time{} + 5s);
}

TEST_CASE("a peer that does not consume is sent no more than its credit, and goes on where it was") {
  session_limits l;
  l.credit_bytes = 1'000;
  pair_of_sessions p(l);
  REQUIRE(p.carry_all());
  std::string sent;
  while (p.a.may_send() != 0) {
    sent += std::string(100, static_cast<char>('a' + sent.size() / 100));
    p.a.say(sent.substr(sent.size() - 100), p.now);
  }
  CHECK(sent.size() == 1'000);
  CHECK(p.a.unconsumed_bytes() == 1'000);
  REQUIRE(p.carry_all());  // b has nothing to say, and gives credit back all the same
  CHECK(p.a.may_send() != 0);
  CHECK(p.a.unconsumed_bytes() == 0);
  CHECK(p.got_b == sent);
}

TEST_CASE("a peer that claims to have consumed what it was not sent, or less than before, is refused") {
  const auto claiming = [](std::vector<std::uint64_t> claims) {
    pair_of_sessions p;
    REQUIRE(p.carry_all());
    p.a.say("0123456789", p.now);
    std::string bytes;
    std::uint64_t number = 1;
    for (const auto c : claims) put_frame(bytes, frame_kind::heartbeat, ++number, c, "");
    return message_of(p.a.take(bytes, p.now));
  };
  CHECK(claiming({4, 10}).empty());
  CHECK(claiming({11}) == "the peer claims to have consumed 11 bytes of 10, after 0");
  CHECK(claiming({4, 3}) == "the peer claims to have consumed 3 bytes of 10, after 4");
}
