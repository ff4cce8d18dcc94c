// Logs with an archive, and with hosts that have snapshots, for tests of retention.
#pragma once
#include "persistence/archive.hpp"
#include "persistence/archiver.hpp"
#include "persistence/base.hpp"
#include "persistence/retain.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/snapshots.hpp"
#include "tests/persistence/log_fixture.hpp"

namespace tomnext::tests {

/// A log of `groups` groups of `count` quotes, closed. Returns its head.
inline persistence::log_head make_quotes(const std::string& directory, std::uint64_t groups, std::uint64_t count) {
  auto log = must(persistence::open_log(directory, {}));
  return extend(*log, groups, count);
}

inline persistence::archive_report archive_all(const std::string& directory, std::uint64_t segment_bytes = 4096) {
  persistence::archive_options o;
  o.segment_bytes = segment_bytes;
  return must(persistence::archive_log(directory, o, {}));
}

inline result<persistence::retain_report> retain(const std::string& directory, std::uint64_t from, const persistence::retain_step& step = {}) {
  persistence::retain_options o;
  o.from_seq = from;
  return persistence::retain_log(directory, o, step);
}

/// First seqs of the groups that a scan gives, each checked to hold the quotes of its seqs.
inline result<std::vector<std::uint64_t>> groups_from(const persistence::event_log& log, std::uint64_t from, persistence::direction where_to) {
  auto scan = log.scan(from, where_to);
  if (!scan) return scan.error();
  std::vector<std::uint64_t> firsts;
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return firsts;
    firsts.push_back((*g)->first_seq());
    for (const auto& e : (*g)->events)
      if (!(e.as<quote_accepted>() == quote_at(e.head.seq).as<quote_accepted>())) return error(errc::log_corrupt, "event " + std::to_string(e.head.seq));
  }
}

/// What must come of it where every group has `count` events.
inline std::vector<std::uint64_t> expected_groups(std::uint64_t from, std::uint64_t head, std::uint64_t count, persistence::direction where_to) {
  std::vector<std::uint64_t> firsts;
  const auto containing = (from - 1) / count * count + 1;
  if (where_to == persistence::direction::forward)
    for (auto first = containing; first <= head; first += count) firsts.push_back(first);
  else
    for (auto first = std::min(containing, (head - 1) / count * count + 1);; first -= count) {
      firsts.push_back(first);
      if (first == 1) break;
    }
  return firsts;
}

/// The chain as far as the log can be asked: a head for the end of each group.
inline void check_reads_as_before(const std::string& directory, std::uint64_t head, std::uint64_t count) {
  auto log = must(persistence::open_log_for_reading(directory));
  CHECK(log->head().seq == head);
  CHECK(log->first_seq() == 1);
  for (std::uint64_t from = 1; from <= head; from += from < 2 * count ? 1 : 1 + head / 23) {
    INFO("from event " << from);
    CHECK(must(groups_from(*log, from, persistence::direction::forward)) == expected_groups(from, head, count, persistence::direction::forward));
    CHECK(must(groups_from(*log, from, persistence::direction::backward)) == expected_groups(from, head, count, persistence::direction::backward));
  }
}

/// On disk.
inline std::uint64_t rows_bytes(const std::string& directory) {
  return must(persistence::disk_use(persistence::rows_folder(directory))).table_bytes +
         must(persistence::disk_use(persistence::rows_folder(directory))).wal_bytes;
}

inline std::vector<std::uint64_t> firsts_of_rows(const std::string& directory, std::uint64_t from) {
  auto rows = must(persistence::read_rows(directory, from));
  std::vector<std::uint64_t> firsts;
  for (;;) {
    auto row = must(rows->next());
    if (!row) return firsts;
    firsts.push_back(row->first_seq);
  }
}

}  // namespace tomnext::tests
