#include "persistence/row_check.hpp"

#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/verifier.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/persistence/raw_rows.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// Groups of all sizes, 30,000 events: many pieces on several threads.
log_head build(const std::string& directory) {
  auto log = tests::must(open_log(directory, {.when = durability::os}));
  auto head = log->head();
  for (std::uint64_t i = 0; head.seq < 30'000; ++i) head = tests::extend(*log, 1, 1 + (i * 37) % 200);
  return head;
}

/// The error of a scan from the beginning, which reads one row after the other: what several threads must answer too.
error scan_error(const std::string& directory, std::uint64_t from) {
  const auto log = tests::must(open_log_for_reading(directory));
  auto walk = tests::must(log->scan(from));
  for (;;) {
    auto g = walk->next();
    if (!g) return g.error();
    if (!*g) return {};
  }
}

void replace_row(const std::string& directory, std::uint64_t first_seq, const std::string& bytes) {
  const auto db = tests::open_rows(directory);
  REQUIRE(db->Put({}, tests::row_key(first_seq), bytes).ok());
}
std::pair<std::uint64_t, std::string> row_at_or_after(const std::string& directory, std::uint64_t seq) {
  const auto db = tests::open_rows(directory);
  const auto it = std::unique_ptr<rocksdb::Iterator>(db->NewIterator({}));
  it->Seek(tests::row_key(seq));
  REQUIRE(it->Valid());
  return {tests::must(decode_group_head(it->value().ToStringView())).first_seq, it->value().ToString()};
}
std::string with_checksum(std::string body) {
  const auto crc = crc32c(body);
  return body.append(reinterpret_cast<const char*>(&crc), 4);
}

}  // namespace

TEST_CASE("rows checked on any number of threads, at either depth, are the same rows") {
  tests::temporary_folder folder;
  const auto head = build(folder / "log");
  for (const auto depth : {row_depth::envelopes, row_depth::payloads}) {
    std::optional<row_figures> one;
    for (const unsigned threads : {1u, 2u, 3u, 7u}) {
      std::uint64_t last = 0;
      bool ascending = true;
      auto f = tests::must(check_rows(folder / "log", {1, threads, depth}, [&](std::uint64_t events) {
        ascending = ascending && events >= last;
        last = events;
        return true;
      }));
      CHECK((ascending && last == head.seq));
      CHECK((f.events == head.seq && f.first_seq == 1 && f.head.seq == head.seq && f.head.chain_hash == head.chain_hash));
      if (one) CHECK((f.groups == one->groups && f.bytes == one->bytes));
      one = f;
    }
  }
  // From the middle on: from the row that holds the event.
  const auto part = tests::must(check_rows(folder / "log", {15'000, 3, row_depth::payloads}, {}));
  CHECK((part.first_seq <= 15'000 && part.first_seq > 14'700));
  CHECK(part.events == head.seq + 1 - part.first_seq);
  CHECK(part.head.chain_hash == head.chain_hash);
  CHECK(check_rows(folder / "log", {1, 3, row_depth::payloads}, [](std::uint64_t events) { return events < 100; }).error().code == errc::cancelled);
  CHECK(tests::must(verify_log(folder / "log", {15'000, 2, row_depth::payloads}, {})).first_seq == part.first_seq);
  CHECK(verify_log(folder / "log", {head.seq + 1, 2, row_depth::payloads}, {}).error().code == errc::invalid_argument);
}

TEST_CASE("what is wrong with a row is said as a scan says it, wherever it lies and however many threads look") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  const auto anchored = tests::slurp(anchor_file(folder / "log"));
  for (const std::uint64_t at : {1ull, 2ull, 4'097ull, 14'000ull, 29'300ull}) {
    const auto [first, whole] = row_at_or_after(folder / "log", at);
    const auto g = *tests::must(decode_group(whole)).events;
    std::vector<std::string> bad;
    bad.push_back(whole.substr(0, whole.size() - 1));  // cut short
    (bad.emplace_back(whole))[whole.size() / 2] ^= 4;  // flipped
    std::string rechained;
    encode_group(g, sha256({"another history"}), rechained);
    bad.push_back(rechained);  // whole, and of another history
    auto changed = g;
    for (auto& e : changed.events) e.head.host.value = 9;
    encode_group(changed, tests::must(decode_group(whole)).previous, rechained);
    bad.push_back(rechained);  // changed with its checksum: the next row's hash differs
    auto body = whole.substr(0, whole.size() - 4);
    body += "x";
    bad.push_back(with_checksum(body));  // bytes behind its last event
    auto moved = g;
    for (auto& e : moved.events) e.head.seq += 5, e.head.correlation += 5;
    encode_group(moved, tests::must(decode_group(whole)).previous, rechained);
    bad.push_back(rechained);  // it says that it begins elsewhere
    for (std::size_t i = 0; i < bad.size(); ++i) {
      replace_row(folder / "log", first, bad[i]);
      INFO("row " << first << " fault " << i);
      auto scanned = scan_error(folder / "log", 1);
      REQUIRE_FALSE(scanned.message.empty());
      for (const unsigned threads : {1u, 4u}) {
        auto f = check_rows(folder / "log", {1, threads, row_depth::envelopes}, {});
        REQUIRE_FALSE(f);
        CHECK(f.error().code == scanned.code);
        CHECK(f.error().message == scanned.message);
        f = check_rows(folder / "log", {1, threads, row_depth::payloads}, {});
        REQUIRE_FALSE(f);
        CHECK(f.error().message == scanned.message);
      }
      replace_row(folder / "log", first, whole);
    }
    {
      const auto db = tests::open_rows(folder / "log");
      REQUIRE(db->Delete({}, tests::row_key(first)).ok());
    }
    const auto from = std::max<std::uint64_t>(first, 2) - 1;
    for (const unsigned threads : {1u, 4u}) {
      auto f = check_rows(folder / "log", {1, threads, row_depth::envelopes}, {});
      REQUIRE_FALSE(f);
      CHECK(f.error().code == errc::log_gap);
      if (first > 1) CHECK(f.error().message == scan_error(folder / "log", from).message);
    }
    replace_row(folder / "log", first, whole);
    if (g.events.size() > 1) {  // a row that begins within another: its events are there twice
      replace_row(folder / "log", first + 1, whole);
      for (const unsigned threads : {1u, 4u}) {
        auto f = check_rows(folder / "log", {1, threads, row_depth::envelopes}, {});
        REQUIRE_FALSE(f);
        CHECK(f.error().code == errc::log_corrupt);
        CHECK(f.error().message == scan_error(folder / "log", 1).message);
        CHECK(f.error().message.find("holds the events up to " + std::to_string(g.last_seq()) + " already") != std::string::npos);
      }
      const auto db = tests::open_rows(folder / "log");
      REQUIRE(db->Delete({}, tests::row_key(first + 1)).ok());
    }
    CHECK(check_rows(folder / "log", {1, 4, row_depth::payloads}, {}));
  }
  CHECK(tests::slurp(anchor_file(folder / "log")) == anchored);
}

TEST_CASE("a row of another history is found whichever it is, also where one thread's rows end and another's begin") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  std::vector<std::pair<std::uint64_t, std::string>> all;
  {
    const auto db = tests::open_rows(folder / "log");
    const auto it = std::unique_ptr<rocksdb::Iterator>(db->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next())
      all.emplace_back(tests::must(decode_group_head(it->value().ToStringView())).first_seq, it->value().ToString());
  }
  REQUIRE(all.size() > 200);
  std::string other;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [first, whole] = all[i];
    // It names another predecessor: it is refused itself.
    encode_group(*tests::must(decode_group(whole)).events, sha256({"another history"}), other);
    replace_row(folder / "log", first, other);
    auto f = check_rows(folder / "log", {1, 3, row_depth::envelopes}, {});
    const auto said = "group at event " + std::to_string(first) + " (last good event " + std::to_string(first - 1) + "): the hash chain is broken before it";
    if (f || f.error().message.find(said) == std::string::npos) FAIL("row " << first << ": " << (f ? "not noticed" : f.error().message));
    // It is another group with the same predecessor: the next one is not its successor.
    if (i + 1 < all.size()) {
      auto changed = *tests::must(decode_group(whole)).events;
      changed.events.back().head.host.value = 9;
      encode_group(changed, tests::must(decode_group(whole)).previous, other);
      replace_row(folder / "log", first, other);
      f = check_rows(folder / "log", {1, 3, row_depth::envelopes}, {});
      const auto next = "group at event " + std::to_string(all[i + 1].first) + " ";
      if (f || f.error().message.find(next) == std::string::npos) FAIL("row " << first << ": " << (f ? "not noticed" : f.error().message));
    }
    replace_row(folder / "log", first, whole);
  }
}

TEST_CASE("events newer than this build are refused by their envelopes alone; a payload that is none only where payloads are read") {
  tests::temporary_folder folder;
  (void)build(folder / "log");
  const auto [first, whole] = row_at_or_after(folder / "log", 9'000);
  const auto previous = tests::must(decode_group(whole)).previous;
  auto head_of = [&](std::string_view rest) {
    char room[10];
    auto varint = [&](std::uint64_t x) { return std::string(room, static_cast<std::size_t>(wire::put_varint(room, x) - room)); };
    return with_checksum(varint(1) + varint(1) + varint(first) + varint(1) + std::string(bytes_of(previous)) + std::string(rest));
  };
  struct fault {
    std::string event;
    errc code;
    bool by_envelope;
  };
  // flags, type, version, length of the payload, payload
  const std::vector<fault> faults{{std::string("\x00\xc8\x01\x01\x00", 5), errc::log_newer_version, true},  // a type that is not there
                                  {std::string("\x00\x01\x09\x00", 4), errc::log_newer_version, true},      // log_declared of version 9
                                  {std::string("\x00\x01\x00\x00", 4), errc::log_corrupt, true},            // of version 0
                                  {std::string("\x00\x01\x01\x05\x08", 5), errc::log_corrupt, true},        // cut short
                                  {std::string("\x01\x01\x01\x00", 4), errc::log_corrupt, true},            // a host that is not there
                                  {std::string("\x00\x0f\x01\x01\x0b", 5), errc::log_corrupt, false}};      // quote_accepted? with a payload that is none
  for (std::size_t i = 0; i < faults.size(); ++i) {
    INFO("fault " << i);
    auto bytes = head_of(faults[i].event);
    if (!faults[i].by_envelope) {
      bytes = head_of(std::string("\x00", 1) + static_cast<char>(quote_accepted::type_number) + std::string("\x01\x01\x0b", 3));
      CHECK(outline_group(bytes, {}));
    } else {
      auto o = outline_group(bytes, {});
      REQUIRE_FALSE(o);
      CHECK(o.error().code == faults[i].code);
      CHECK(o.error().message == decode_group(bytes).error().message);
    }
    CHECK(decode_group(bytes).error().code == faults[i].code);
  }
}

TEST_CASE("the outline of a group is that of its decoded events, whatever they are") {
  tests::generator g(7);
  std::string bytes;
  for (int round = 0; round < 200; ++round) {
    group made;
    made.epoch = 3;
    std::uint64_t seq = 1 + static_cast<std::uint64_t>(round) * 1'000;
    event_type_set wanted;
    bool has = false;
    int kind = 0;
    for_each_event_type([&]<class E>() {
      if (kind++ % 3 != round % 3) made.events.push_back(tests::random_event<E>(g, seq++));
    });
    wanted.set(static_cast<std::size_t>(round) % event_numbers);
    for (const auto& e : made.events) has = has || wanted[e.head.type];
    encode_group(made, sha256({"p"}), bytes);
    const auto o = tests::must(outline_group(bytes, wanted));
    CHECK((o.epoch == 3 && o.first_seq == made.first_seq() && o.last_seq == made.last_seq() && o.previous == sha256({"p"})));
    CHECK(o.has_wanted == has);
    // Cut anywhere, with a checksum that fits: refused, never read beyond.
    for (std::size_t cut = 0; cut < bytes.size() - 4; cut += 1 + bytes.size() / 50) CHECK_FALSE(outline_group(with_checksum(bytes.substr(0, cut)), wanted));
  }
}

TEST_CASE("a declared log whose configuration or model is not kept beside it is refused; one that nobody declared is not") {
  tests::temporary_folder folder;
  struct variant {
    log_purpose purpose;
    const char* description;
    bool declared;
  };
  int n = 0;
  for (const auto& v : {variant{log_purpose::live, "tomnext 0.1", true},
                        {log_purpose::backtest, "tomnext 0.1", true},
                        {log_purpose::fork, "x", true},
                        {log_purpose::market_data, "tomnext 0.1", false},
                        {log_purpose::live, "", false}}) {
    const auto directory = folder / ("log" + std::to_string(++n));
    const content_store store(directory);
    {
      auto log = tests::must(open_log(directory, {}));
      auto g = std::make_shared<group>();
      g->epoch = 1;
      auto add = [&](const auto& payload) {
        header h;
        h.seq = h.correlation = g->events.size() + 1;
        g->events.push_back({h, payload});
      };
      add(log_declared{v.purpose, v.description});
      add(configuration_set{tests::must(store.put("the configuration"))});
      add(model_file_added{model_id{1}, "trees", tests::must(store.put("the model"))});
      add(model_file_added{model_id{2}, "none", hash256{}});  // a model without a file
      const group_ref ref = g;
      (void)tests::must(log->append({&ref, 1}));
      tests::extend(*log, 3, 10);
    }
    tests::fs::remove(seal_file(directory));
    CHECK(verify_log(directory, {}));
    for (const std::string gone : {"the configuration", "the model"}) {
      tests::fs::remove(directory + "/content/" + to_hex(sha256({gone})));
      for (const auto depth : {row_depth::envelopes, row_depth::payloads}) {
        auto r = verify_log(directory, {1, 2, depth}, {});
        INFO(v.description << static_cast<int>(v.purpose) << " without " << gone);
        CHECK(r.has_value() == !v.declared);
        if (!r) CHECK((r.error().code == errc::log_corrupt && r.error().message.find(to_hex(sha256({gone}))) != std::string::npos));
      }
      (void)tests::must(store.put(gone));
      tests::fs::remove(seal_file(directory));
    }
  }
}
