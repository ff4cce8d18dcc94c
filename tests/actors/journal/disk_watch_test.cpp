// The room that a running node's log has left: looked at, foretold, and told once each time that the outlook becomes another.
#include "actors/journal/disk_watch_actor.hpp"

#include <nlohmann/json.hpp>

#include "persistence/rocksdb_log.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/actors/small_node.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::actors;

namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;

/// A look `n` times thirty seconds after the first, at a log of 1 MB whose events take 10 bytes each and which grows by `events_per_s`.
disk_look look_at(int n, std::uint64_t events_per_s, std::uint64_t free_bytes) {
  const std::uint64_t seq = 100'000 + static_cast<std::uint64_t>(n) * 30 * events_per_s;
  return {n * 30 * second_ns, seq, seq, seq * 10, free_bytes};
}

}  // namespace

TEST_CASE("a forecast needs three looks, and goes by events at their size on the disk, so that a table that was packed is no shrinking log") {
  disk_board board(gigabyte, true);
  CHECK(board.as_metrics().empty());
  CHECK(board.as_json()["full_in_s"].is_null());
  board.show(look_at(0, 1'000, 2 * gigabyte));
  board.show(look_at(1, 1'000, 2 * gigabyte));
  CHECK_FALSE(board.forecast());
  auto packed = look_at(2, 1'000, 2 * gigabyte);
  packed.log_bytes /= 2;  // 5 bytes an event
  board.show(packed);
  const auto f = board.forecast();
  REQUIRE(f);
  CHECK(f->bytes_per_s.likely == Approx(5'000));
  CHECK(*f->likely_s == Approx(200'000));
  const auto j = board.as_json();
  CHECK(j["bytes_per_event"] == 5.0);
  CHECK(j["watched_s"].get<double>() == Approx(60));
  CHECK(j["full_in_s"]["likely"].get<double>() == Approx(200'000));
  CHECK(board.as_metrics().find("tomnext_log_disk_full_seconds 200000") != std::string::npos);
}

TEST_CASE("a log that does not grow fills no disk, and says so by saying nothing") {
  disk_board board(gigabyte, true);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(board.show(look_at(i, 0, 2 * gigabyte)));
  CHECK(board.as_json()["full_in_s"]["likely"].is_null());
  CHECK(board.as_metrics().find("tomnext_log_disk_full_seconds") == std::string::npos);
  CHECK(disk_board(gigabyte, false).as_json().is_null());
}

TEST_CASE("an operator is told when the disk will be full within a day and within an hour, once each, and when it will not any more") {
  disk_board board(gigabyte, true);
  int n = 0;
  const auto look = [&](std::uint64_t free_bytes) {
    const auto news = board.show(look_at(n++, 10'000, free_bytes));  // 100 kB a second
    return news ? std::optional(news->first) : std::nullopt;
  };
  CHECK_FALSE(look(100 * gigabyte));
  CHECK_FALSE(look(100 * gigabyte));
  CHECK_FALSE(look(100 * gigabyte));                        // eleven days
  CHECK(look(5 * gigabyte) == disk_outlook::within_a_day);  // eleven hours
  CHECK_FALSE(look(5 * gigabyte));
  CHECK(look(gigabyte + gigabyte / 5) == disk_outlook::within_an_hour);  // 33 minutes
  CHECK(look(gigabyte - 1) == disk_outlook::full);
  CHECK(look(100 * gigabyte) == disk_outlook::fine);
}

TEST_CASE("a disk that is full is told at the first look") {
  disk_board board(gigabyte, true);
  const auto news = board.show(look_at(0, 1'000, gigabyte / 2));
  REQUIRE(news);
  CHECK(news->first == disk_outlook::full);
  CHECK(news->second.find("is full: 500000000 bytes are free, and below 1000000000 the log takes nothing") != std::string::npos);
}

TEST_CASE("no more than an hour is kept, so that a rate of long ago is forgotten") {
  disk_board board(gigabyte, true);
  int n = 0;
  auto at = look_at(0, 0, 2 * gigabyte);
  for (; n < 10; ++n, at.at_ns += 30 * second_ns, at.last_seq += 3'000'000) board.show(at);
  for (; n < 200; ++n, at.at_ns += 30 * second_ns) board.show(at);
  CHECK(board.forecast()->bytes_per_s.likely == Approx(0).margin(1e-6));
  CHECK(board.as_json()["watched_s"].get<double>() == Approx(119 * 30));
}

TEST_CASE("the room of a log on disk is looked at when the node starts and every half minute, and what cannot be looked at ends nobody") {
  temporary_folder folder;
  std::shared_ptr<persistence::event_log> log = must(persistence::open_log(folder / "log", {.when = persistence::durability::os}));
  extend(*log, 10, 100);
  stage s;
  auto board = std::make_shared<disk_board>(1, true);
  const auto start = [&](const std::string& directory) {
    return pointer_of(
        spawn_actor<disk_watch_protocol, disk_watch_state>(s.system, s.figures, {"journal/disk", "journal", ""}, log, disk_watch_settings{directory, board}));
  };
  auto who = start(folder / "log");
  s.settle();
  CHECK(board->as_json()["free_bytes"].get<std::uint64_t>() > 0);
  CHECK(board->as_json()["log_bytes"].get<std::uint64_t>() > 1'000);
  CHECK_FALSE(board->forecast());
  extend(*log, 10, 100);
  s.pass(std::chrono::seconds(61));
  REQUIRE(board->forecast());
  CHECK(board->forecast()->bytes_per_s.likely > 0);
  exit_now(who, exit_reason::user_shutdown);
  s.settle();
  who = start(folder / "nothing");
  s.pass(std::chrono::seconds(61));
  CHECK(s.of("journal/disk").errors >= 1);
  CHECK(s.of("journal/disk").state == "running");
  exit_now(who, exit_reason::kill);
  s.settle();
}
