#include "actors/remote/frame.hpp"

#include <random>

#include "persistence/bytes.hpp"
#include "persistence/checksum.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;
using namespace tomnext::remote;
using tomnext::tests::seed_of_this_run;

namespace {

std::string frames_of(std::size_t messages) {
  std::string all;
  put_frame(all, frame_kind::hello, 1, 0, "hello");
  for (std::size_t i = 0; i < messages; ++i)
    put_frame(all, i % 3 == 2 ? frame_kind::heartbeat : frame_kind::messages, i + 2, i, i % 3 == 2 ? "" : std::string(i, 'x'));
  return all;
}
std::string why(std::string bytes) {
  frame_reader r;
  r.add(bytes);
  for (;;) {
    auto f = r.next();
    if (!f) return f.error().message;
    if (!*f) return "";
  }
}
/// A frame whose checksum is right, whatever else it says.
std::string frame_saying(std::uint32_t length, std::uint8_t kind, std::uint64_t number, const std::string& body) {
  std::string out;
  persistence::put_number(out, length);
  persistence::put_number(out, kind);
  persistence::put_number(out, number);
  persistence::put_number(out, std::uint64_t{0});
  persistence::put_number(out, persistence::crc32c(body, persistence::crc32c(out)));
  return out + body;
}
const std::string begun = [] {
  std::string s;
  put_frame(s, frame_kind::hello, 1, 0, "hello");
  return s;
}();

}  // namespace

TEST_CASE("frames come out as they went in, however their bytes are cut") {
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  std::mt19937_64 g(seed);
  const auto all = frames_of(200);
  frame_reader r;
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < all.size();) {
    const auto n = std::min<std::size_t>(1 + g() % 300, all.size() - at);
    r.add(all.substr(at, n));
    at += n;
    for (;;) {
      auto f = r.next();
      REQUIRE(f);
      if (!*f) break;
      ++count;
      REQUIRE((*f)->number == count);
      if ((*f)->kind == frame_kind::messages) REQUIRE((*f)->body == std::string(count - 2, 'x'));
    }
  }
  CHECK(count == 201);
  CHECK(r.waiting() == 0);
}

TEST_CASE("what is no frame of ours is refused, and says why") {
  CHECK(why("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == "the peer sends no frame of ours: its kind is 47");
  CHECK(why(frame_saying(3, 2, 1, "abc")) == "the peer sends no frame of ours: the first one is not its greeting");
  CHECK(why(begun + frame_saying(5, 1, 2, "hello")) == "the peer sends no frame of ours: it greets a second time");
  CHECK(why(begun + frame_saying(0, 3, 3, "")) == "the peer sends no frame of ours: number 3 comes after 1");
  CHECK(why(begun + frame_saying(0, 3, 1, "")) == "the peer sends no frame of ours: number 1 comes after 1");
  CHECK(why(begun + frame_saying(1, 3, 2, "x")) == "the peer sends no frame of ours: a body of 1 bytes, where 0 are allowed");
  auto damaged = frame_saying(3, 2, 2, "abc");
  damaged.back() = 'd';
  CHECK(why(begun + damaged) == "the peer sends no frame of ours: the checksum of frame 2 does not match");
}

TEST_CASE("a length that is not allowed is refused before its body has come, and takes no memory") {
  // The heads alone: 1 KiB for a greeting, 256 KiB for the rest.
  CHECK(why(frame_saying(1'025, 1, 1, "")) == "the peer sends no frame of ours: a body of 1025 bytes, where 1024 are allowed");
  CHECK(why(begun + frame_saying(0xffffffff, 2, 2, "")) == "the peer sends no frame of ours: a body of 4294967295 bytes, where 262144 are allowed");
  std::string largest;
  put_frame(largest, frame_kind::messages, 2, 0, std::string(frame_bytes_max, 'x'));
  CHECK(why(begun + largest).empty());
}

TEST_CASE("no bytes crash the reader, and no flipped bit gets through it") {
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  std::mt19937_64 g(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(g() % 200, '\0');
    for (auto& b : bytes) b = static_cast<char>(g());
    (void)why(g() % 2 == 0 ? bytes : begun + bytes);
  }
  const auto all = frames_of(12);
  std::string last;
  put_frame(last, frame_kind::messages, 14, 0, "the last");
  for (std::size_t bit = 0; bit < all.size() * 8; ++bit) {
    auto flipped = all + last;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    frame_reader r;
    r.add(flipped);
    bool refused = false;
    std::uint64_t whole = 0;
    while (!refused) {
      auto f = r.next();
      refused = !f;
      if (f && !*f) break;
      if (f) ++whole;
    }
    // A longer length leaves it waiting for more, never with all fourteen frames.
    INFO("bit " << bit);
    CHECK((refused || whole < 14));
  }
}
