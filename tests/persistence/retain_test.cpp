#include "persistence/retain.hpp"

#include "persistence/anchor.hpp"
#include "persistence/bytes.hpp"
#include "persistence/checksum.hpp"
#include "persistence/seal.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/retained_log.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using namespace tomnext::tests;

namespace {

const snapshot_key risk{"risk_management/risk", 1, 1, 7};

/// Ten quotes, the activation of a host, and quotes up to event `head`; snapshots of what is named.
log_head make_hosted(const std::string& directory, std::uint64_t head, const std::vector<std::uint64_t>& covered) {
  auto log = must(open_log(directory, {}));
  extend(*log, 1, 10);
  auto g = std::make_shared<group>(*group_of(11, 1, 1));
  host_activated a;
  a.name = text(risk.host);
  a.service_version = risk.service_version;
  a.state_version = risk.state_version;
  a.configuration_hash = risk.configuration_hash;
  header h = g->events[0].head;
  g->events[0] = event{h, a};
  const group_ref ref = g;
  must(log->append({&ref, 1}));
  extend(*log, 1, 9);
  extend(*log, (head - 20) / 10, 10);
  for (const auto c : covered) must(snapshot_store(directory).put({risk, c, c, log->head(), "state"}));
  return log->head();
}

}  // namespace

TEST_CASE("a retained log reads as before from every event, in both directions, through its archive") {
  const temporary_folder folder;
  const auto origin = folder / "origin";
  make_quotes(origin, 300, 10);
  archive_all(origin, 20'000);
  for (const std::uint64_t from : {std::uint64_t{2'001}, std::uint64_t{2'007}, std::uint64_t{11}, std::uint64_t{3'000}}) {
    INFO("retained from " << from);
    const auto log = folder / "log";
    copy_folder(origin, log);
    const auto chain_before = must(open_log_for_reading(log))->head();
    const auto report = must(retain(log, from));
    const auto base = (from - 1) / 10 * 10 + 1;
    CHECK(report.base_before == 1);
    CHECK(report.base == base);
    CHECK(must(read_base(log)).first_seq == base);
    check_reads_as_before(log, 3'000, 10);
    auto read = must(open_log_for_reading(log));
    CHECK(read->head() == chain_before);
    for (const std::uint64_t seq : {base - 11, base - 1, base + 9, std::uint64_t{3'000}}) {
      if (seq == 0 || seq > 3'000) continue;
      log_head h{seq, 1, must(open_log_for_reading(origin))->head().chain_hash};
      CHECK(must(read->holds(h)) == (seq == 3'000));
    }
    CHECK(firsts_of_rows(log, 1).size() == 300);
    CHECK(firsts_of_rows(log, base).size() == (3'000 - base + 1) / 10);
    const auto checked = must(verify_log(log, {}));
    CHECK(checked.events == 3'000);
    CHECK(checked.sealed);
    // The writer goes on, and so does the archive.
    {
      auto w = must(open_log(log, {}));
      CHECK(extend(*w, 5, 10).seq == 3'050);
    }
    CHECK(archive_all(log).to_seq == 3'050);
    check_reads_as_before(log, 3'050, 10);
    CHECK(must(verify_log(log, {})).events == 3'050);
    CHECK(must(retain(log, 3'021)).base == 3'021);
    check_reads_as_before(log, 3'050, 10);
    // A base does not go back.
    CHECK(must(retain(log, 5)).base == 3'021);
    CHECK(last_good_event(log) == 3'050);
  }
}

TEST_CASE("heads of a retained log are known before the base, at it, and behind it") {
  const temporary_folder folder;
  const auto log = folder / "log";
  std::vector<log_head> heads;
  {
    auto w = must(open_log(log, {}));
    for (int i = 0; i < 50; ++i) heads.push_back(extend(*w, 1, 10));
  }
  archive_all(log);
  must(retain(log, 301));
  const auto read = must(open_log_for_reading(log));
  for (auto h : heads) {
    INFO("event " << h.seq);
    CHECK(must(read->holds(h)));
    h.chain_hash.bytes[3] ^= 1;
    CHECK_FALSE(must(read->holds(h)));
    h.chain_hash.bytes[3] ^= 1;
    h.seq -= 1;
    CHECK_FALSE(must(read->holds(h)));
  }
  CHECK(must(read->holds({})));
}

TEST_CASE("the room of what was retained is given back") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 2'000, 50);
  archive_all(log, 1 << 20);
  const auto before = rows_bytes(log);
  const auto report = must(retain(log, 90'001));
  const auto after = rows_bytes(log);
  CHECK(after * 5 < before);
  CHECK(report.bytes < report.bytes_before);
  CHECK(must(verify_log(log, {})).events == 100'000);
}

TEST_CASE("with its segments elsewhere a retained log serves what it has, and says what is missing") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  archive_options o;
  o.to_seq = 300;
  must(archive_log(log, o, {}));
  archive_all(log, 1 << 20);
  must(retain(log, 501));
  const auto moved = folder / "moved";
  fs::create_directories(moved);
  auto move = [&](const std::string& name) { fs::rename(log + "/archive/" + name, moved + "/" + name); };
  move(segment_name(1, 300));
  {
    const auto read = must(open_log_for_reading(log));
    CHECK(read->first_seq() == 301);
    CHECK(must(groups_from(*read, 301, direction::forward)).size() == 70);
    const auto missing = read->scan(300);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == errc::log_archived);
    CHECK(missing.error().message.find("events 300 to 300") != std::string::npos);
    CHECK(missing.error().message.find("TOMNEXT_ARCHIVE") != std::string::npos);
    // Backward, what is there is given before it says so.
    auto scan = must(read->scan(1'000, direction::backward));
    for (int i = 0; i < 70; ++i) CHECK(must(scan->next()));
    const auto end = scan->next();
    REQUIRE_FALSE(end);
    CHECK(end.error().code == errc::log_archived);
    CHECK(read_rows(log, 1).error().code == errc::log_archived);
    const auto holds = read->holds({200, 1, {}});
    REQUIRE_FALSE(holds);
    CHECK(holds.error().code == errc::log_archived);
    const auto checked = must(verify_log(log, {}));
    CHECK(checked.first_seq == 301);
    CHECK(checked.events == 700);
  }
  move(segment_name(301, 1'000));
  {
    const auto read = must(open_log_for_reading(log));
    CHECK(read->first_seq() == 501);
    CHECK(must(groups_from(*read, 501, direction::forward)).size() == 50);
    CHECK(read->scan(500).error().code == errc::log_archived);
    CHECK(must(verify_log(log, {})).first_seq == 501);
  }
  // A writer opens without them: nothing that it needs is missing.
  {
    auto w = must(open_log(log, {}));
    extend(*w, 10, 10);
  }
  CHECK(archive_all(log).from_seq == 501);
  // What lies in neither place is not given up.
  CHECK(must(retain(log, 701)).base == 701);
  ::setenv("TOMNEXT_ARCHIVE", moved.c_str(), 1);
  CHECK(must(groups_from(*must(open_log_for_reading(log)), 1, direction::forward)).size() == 110);
  ::unsetenv("TOMNEXT_ARCHIVE");
}

TEST_CASE("nothing is retained that no whole segment of this log holds") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  auto refused = [&](std::uint64_t from) {
    const auto before = fingerprint(log);
    const auto r = retain(log, from);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::retention_refused);
    CHECK(r.error().message.find("nothing was changed") != std::string::npos);
    CHECK(r.error().message.find("tomnext log archive") != std::string::npos);
    CHECK(fingerprint(log) == before);
  };
  refused(501);
  archive_options o;
  o.to_seq = 400;
  must(archive_log(log, o, {}));
  refused(501);
  const auto path = log + "/archive/" + segment_name(1, 400);
  const auto whole = slurp(path);
  for (const std::size_t at : {std::size_t{20}, whole.size() / 3, whole.size() - 60}) {
    flip_bit(path, at, 2);
    refused(301);
    spill(path, whole);
  }
  // A name that claims more than the file has.
  fs::rename(path, log + "/archive/" + segment_name(1, 600));
  refused(501);
  fs::rename(log + "/archive/" + segment_name(1, 600), path);
  CHECK(must(retain(log, 401)).base == 401);
  check_reads_as_before(log, 1'000, 10);
}

TEST_CASE("retention takes events of the log only, and needs the writer's lock") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 10, 10);
  archive_all(log);
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{101}, UINT64_MAX}) CHECK(retain(log, from).error().code == errc::invalid_argument);
  CHECK(retain(folder / "none", 1).error().code == errc::file_unreadable);
  const auto writer = must(open_log(log, {}));
  const auto locked = retain(log, 51);
  REQUIRE_FALSE(locked);
  CHECK(locked.error().code == errc::log_locked);
}

TEST_CASE("events that a host has no snapshot of stay") {
  const temporary_folder folder;
  auto attempt = [&](const std::vector<std::uint64_t>& covered, std::uint64_t from, std::set<std::string> exempt = {}) {
    const auto log = folder / "log";
    fs::remove_all(log);
    make_hosted(log, 500, covered);
    archive_all(log);
    retain_options o;
    o.from_seq = from;
    o.exempt_hosts = std::move(exempt);
    return retain_log(log, o, {});
  };
  const auto none = attempt({}, 301);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::retention_refused);
  CHECK(none.error().message.find("'risk_management/risk' (it has no valid one)") != std::string::npos);
  CHECK(none.error().message.find("let the node run") != std::string::npos);
  const auto early = attempt({100, 250}, 301);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::retention_refused);
  CHECK(early.error().message.find("its newest covers event 250") != std::string::npos);
  CHECK(early.error().message.find("retain from event 251 at most") != std::string::npos);
  CHECK_FALSE(attempt({299}, 301));
  const auto enough = attempt({100, 300}, 301);
  REQUIRE(enough);
  CHECK(enough->hosts == std::vector<std::string>{risk.host});
  CHECK(must(attempt({250}, 251)).base == 251);
  CHECK(must(attempt({}, 301, {risk.host})).hosts.empty());
  CHECK(attempt({300}, 301, {"nobody"}).error().code == errc::invalid_argument);
}

TEST_CASE("a snapshot that is damaged, of another configuration, or of another history does not count") {
  const temporary_folder folder;
  const auto log = folder / "log";
  const auto head = make_hosted(log, 500, {});
  archive_all(log);
  auto refused = [&] {
    const auto r = retain(log, 301);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::retention_refused);
  };
  auto other = risk;
  other.configuration_hash = 8;
  must(snapshot_store(log).put({other, 400, 400, head, "state"}));
  refused();
  auto foreign = head;
  foreign.chain_hash.bytes[0] ^= 1;
  must(snapshot_store(log).put({risk, 400, 400, foreign, "state"}));
  refused();
  // Its own outputs are known up to event 400, its inputs up to 250 only.
  must(snapshot_store(log).put({risk, 250, 400, head, "state"}));
  refused();
  must(snapshot_store(log).put({risk, 400, 400, head, "state"}));
  std::string newest;
  for (const auto& name : files_below(log + "/snapshots")) newest = std::max(newest, name);
  flip_bit(log + "/snapshots/" + newest, 90, 1);
  const auto before = fingerprint(log);
  refused();
  CHECK(fingerprint(log) == before);  // a refusal moves no file, a damaged one neither
  flip_bit(log + "/snapshots/" + newest, 90, 1);
  must(retain(log, 301));
}

TEST_CASE("a dry run says what would be, and changes nothing") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  archive_all(log);
  const auto before = fingerprint(log);
  retain_options o;
  o.from_seq = 777;
  o.mode = retain_mode::dry_run;
  const auto report = must(retain_log(log, o, {}));
  CHECK(report.base == 771);
  CHECK(report.base_before == 1);
  CHECK(fingerprint(log) == before);
}

TEST_CASE("a base that is damaged or wrong is refused") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  archive_all(log);
  must(retain(log, 501));
  const auto path = base_file(log);
  const auto whole = slurp(path);
  auto refused = [&](errc code) {
    const auto opened = open_log_for_reading(log);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == code);
    CHECK_FALSE(open_log(log, {}));
    CHECK_FALSE(read_rows(log, 1));
    CHECK_FALSE(verify_log(log, {}));
    CHECK_FALSE(retain(log, 601));
    CHECK_FALSE(archive_log(log, {}, {}));
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    flip_bit(path, at, static_cast<unsigned>(at % 8));
    INFO("byte " << at);
    CHECK_FALSE(read_base(log));
    if (at % 11 == 0) refused(errc::log_corrupt);
    spill(path, whole);
    spill(path, std::string_view(whole).substr(0, at));
    CHECK_FALSE(read_base(log));
    spill(path, whole);
  }
  spill(path, whole + "x");
  refused(errc::log_corrupt);
  // Whole, and of another place or another history.
  const auto good = log_base{501, must([&] {
                                    spill(path, whole);
                                    return read_base(log);
                                  }())
                                      .previous};
  for (const auto& wrong :
       {log_base{511, good.previous}, log_base{505, good.previous}, log_base{491, good.previous}, log_base{2'000, good.previous}, log_base{501, {}}}) {
    INFO("base at event " << wrong.first_seq);
    must(write_base(log, wrong, {}));
    refused(errc::log_corrupt);
  }
  fs::remove(path);
  CHECK_FALSE(verify_log(log, {}));
  must(write_base(log, good, {}));
  CHECK(must(verify_log(log, {})).events == 1'000);
}

TEST_CASE("segments of another log are not read for those of this one") {
  const temporary_folder folder;
  const auto log = folder / "log", other = folder / "other";
  make_quotes(log, 60, 10);
  {
    // The same groups from event 101 on, behind another history.
    auto w = must(open_log(other, {}));
    auto changed = std::make_shared<group>(*group_of(1, 10, 1));
    changed->events[0].head.at.ns += 1;
    const group_ref first = changed;
    must(w->append({&first, 1}));
    extend(*w, 59, 10);
  }
  for (const auto& directory : {log, other}) archive_all(directory, 1 << 20);
  must(retain(log, 301));
  fs::remove_all(log + "/archive");
  fs::rename(other + "/archive", log + "/archive");
  const auto read = must(open_log_for_reading(log));
  for (const auto where_to : {direction::forward, direction::backward}) {
    const auto all = groups_from(*read, where_to == direction::forward ? 1 : 600, where_to);
    REQUIRE_FALSE(all);
    CHECK(all.error().code == errc::log_corrupt);
    CHECK(all.error().message.find("another log") != std::string::npos);
  }
  auto rows = must(read_rows(log, 1));
  auto end = rows->next();
  while (end && *end) end = rows->next();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == errc::log_corrupt);
  CHECK_FALSE(verify_log(log, {}));
  CHECK(retain(log, 401).error().code == errc::retention_refused);
}

TEST_CASE("hosts of before the base are known when their archive is elsewhere") {
  const temporary_folder folder;
  const auto log = folder / "log";
  const auto head = make_hosted(log, 500, {200});
  archive_all(log);
  must(retain(log, 201));
  CHECK(must(hosts_before_base(log)).value() == std::vector<snapshot_key>{risk});
  fs::rename(log + "/archive", folder / "away");
  archive_all(log);
  const auto attempt = [&](std::set<std::string> exempt) {
    retain_options o;
    o.from_seq = 401;
    o.exempt_hosts = std::move(exempt);
    return retain_log(log, o, {});
  };
  const auto refused = attempt({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::retention_refused);
  CHECK(refused.error().message.find("'risk_management/risk' (its newest covers event 200)") != std::string::npos);
  CHECK(attempt({"nobody"}).error().code == errc::invalid_argument);
  SECTION("it is gone for good") {
    CHECK(must(attempt({risk.host})).base == 401);
    CHECK(must(hosts_before_base(log)).value() == std::vector<snapshot_key>{risk});
  }
  SECTION("it has a snapshot by now") {
    must(snapshot_store(log).put({risk, 400, 400, head, "state"}));
    CHECK(must(attempt({})).hosts == std::vector<std::string>{risk.host});
  }
  SECTION("activated anew, it is known by what it is now") {
    auto newer = risk;
    newer.configuration_hash = 8;
    {
      auto w = must(open_log(log, {}));
      auto g = std::make_shared<group>(*group_of(501, 1, w->head().epoch));
      host_activated a;
      a.name = text(newer.host);
      a.service_version = newer.service_version;
      a.state_version = newer.state_version;
      a.configuration_hash = newer.configuration_hash;
      g->events[0] = event{g->events[0].head, a};
      const group_ref ref = g;
      must(w->append({&ref, 1}));
      must(snapshot_store(log).put({risk, 400, 400, head, "state"}));
    }
    CHECK(attempt({}).error().code == errc::retention_refused);
    must(snapshot_store(log).put({newer, 400, 400, head, "state"}));
    CHECK(must(attempt({})).base == 401);
    // Of before the base it is the older one: what comes behind is read again.
    CHECK(must(hosts_before_base(log)).value() == std::vector<snapshot_key>{risk});
  }
}

TEST_CASE("a base of format 1 is read, and does not say which hosts there were") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_hosted(log, 500, {400});
  archive_all(log);
  must(retain(log, 201));
  const auto base = must(read_base(log));
  std::string old = "tomnext-base";
  put_number(old, std::uint32_t{1});
  put_number(old, base.first_seq);
  old += bytes_of(base.previous);
  put_number(old, crc32c(old));
  spill(base_file(log), old);
  fs::remove(seal_file(log));
  CHECK(must(read_base(log)) == base);
  CHECK_FALSE(must(hosts_before_base(log)));
  must(verify_log(log, {}));
  fs::rename(log + "/archive", folder / "away");
  archive_all(log);
  const auto refused = retain(log, 401);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::retention_refused);
  CHECK(refused.error().message.find("bring them back") != std::string::npos);
  for (const auto& s : must(segments_in(folder / "away"))) fs::copy(s.path, log + "/archive", fs::copy_options::overwrite_existing);
  CHECK(must(retain(log, 401)).hosts == std::vector<std::string>{risk.host});
  CHECK(must(hosts_before_base(log)).value() == std::vector<snapshot_key>{risk});
}

TEST_CASE("without its base, a retained log is refused for where its rows begin, and no segment is blamed") {
  const temporary_folder folder;
  const auto log = folder / "log";
  make_quotes(log, 100, 10);
  archive_all(log);
  must(retain(log, 501));
  fs::remove(base_file(log));
  fs::remove(seal_file(log));
  const auto r = verify_log(log, {});
  REQUIRE_FALSE(r);
  CHECK(r.error().message.find("the rows do not begin at event 1, and there is no file 'base'") != std::string::npos);
  CHECK(r.error().message.find("segment") == std::string::npos);
}
