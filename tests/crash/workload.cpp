#include "tests/crash/workload.hpp"

#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/snapshots.hpp"
#include "persistence/verifier.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/log_fixture.hpp"

namespace tomnext::tests {
namespace {

using namespace persistence;

constexpr std::uint64_t events_a_life = 20;

std::string content_of(std::uint64_t number) { return "configuration " + std::to_string(number); }
snapshot_key a_host() { return {"host", 1, 1, 1}; }

// What its own session told a writer is all that it knows: after an error it neither acknowledges nor goes on.
std::string one_life(const std::string& directory, const rocksdb_options& options, promises& told) {
  auto log = open_log(directory, options);
  if (!log) return log.error().message;
  auto head = (*log)->head();
  for (std::uint64_t i = 1; i <= events_a_life; ++i) {
    const group_ref g = group_of(head.seq + 1, 1, head.epoch);
    told.offered = std::max<std::uint64_t>(told.offered, head.seq + 1);
    auto appended = (*log)->append({&g, 1});
    if (!appended) {
      const auto again = (*log)->append({&g, 1});
      return again ? "accepted after a failed write" : appended.error().message;
    }
    head = *appended;
    told.acknowledged = head.seq;
    if (i == 5) {
      if (auto put = content_store(directory).put(content_of(told.contents)); !put) return put.error().message;
      ++told.contents;
    }
    if (i != 10) continue;
    if (auto put = snapshot_store(directory).put({a_host(), head.seq - 1, head.seq, head, std::string(200, 's')}); !put) return put.error().message;
    told.snapshot = head.seq;
  }
  return {};
}

std::string broken_beside(const std::string& directory, const event_log& log, const promise& p) {
  for (std::uint64_t i = 0; i < p.contents; ++i) {
    const auto wanted = content_of(i);
    auto found = content_store(directory).get(sha256({wanted}));
    if (!found) return "content " + std::to_string(i) + ": " + found.error().message;
  }
  auto newest = snapshot_store(directory).newest(a_host(), log);
  if (!newest) return "snapshots: " + newest.error().message;
  const auto mark = *newest ? (*newest)->mark : 0;
  if (mark < p.snapshot) return "the snapshot of mark " + std::to_string(p.snapshot) + " is gone";
  if (*newest && (*newest)->state != std::string(200, 's')) return "a snapshot has changed";
  return {};
}

std::string verified(const std::string& directory) {
  const auto report = verify_log(directory, {});
  if (!report) return "verify: " + report.error().message;
  return report->sealed ? "" : "a log closed in order has no seal";
}

}  // namespace

rocksdb_options small_options() {
  rocksdb_options o;
  o.free_bytes_min = 0;
  o.write_buffer_bytes = 1u << 20;  // a write-ahead log is allocated ahead by as much, and in memory that is not free
  return o;
}

rocksdb_options encrypted_options() {
  auto o = small_options();
  o.encrypt = encryption::from_now_on;
  return o;
}

std::string live_twice(const std::string& directory, const rocksdb_options& options, promises& told) {
  for (int life = 0; life < 2; ++life) {
    if (options.encrypt == encryption::from_now_on) given_keys::set(key_line(1, 1) + (life == 0 ? "" : key_line(2, 2)));
    if (auto failed = one_life(directory, options, told); !failed.empty()) return failed;
  }
  return {};
}

std::string broken_promise(const event_log& log, const promise& p) {
  const auto head = log.head();
  if (head.seq < p.acknowledged) return "acknowledged up to event " + std::to_string(p.acknowledged) + ", and the log ends at " + std::to_string(head.seq);
  if (head.seq > p.offered) return "the log ends at event " + std::to_string(head.seq) + ", and only " + std::to_string(p.offered) + " were offered";
  auto read = read_quotes(log, 1);
  if (!read) return read.error().message;
  if (*read != head.seq) return "read up to event " + std::to_string(*read) + " of " + std::to_string(head.seq);
  return {};
}

std::string broken_as_it_lies(const std::string& directory, const promise& p) {
  if (!log_exists(directory)) return p.acknowledged > 0 ? "there is no log any more" : "";
  auto log = open_log_for_reading(directory);
  if (!log) return "cannot be read: " + log.error().message;
  if (auto broken = broken_promise(**log, p); !broken.empty()) return broken;
  auto report = verify_log(directory, {});
  return report ? "" : "does not verify: " + report.error().message;
}

std::string broken_after_crash(const std::string& directory, const promise& p) {
  log_head found;
  {
    auto log = open_log(directory, small_options());
    if (!log) return "does not open: " + log.error().message;
    if (auto broken = broken_promise(**log, p); !broken.empty()) return broken;
    if (auto broken = broken_beside(directory, **log, p); !broken.empty()) return broken;
    found = (*log)->head();
  }
  {
    auto log = open_log(directory, small_options());
    if (!log) return "does not open again: " + log.error().message;
    if ((*log)->head().seq != found.seq || (*log)->head().chain_hash != found.chain_hash) return "opened again, it is another";
    const group_ref g = group_of(found.seq + 1, 2, (*log)->head().epoch);
    if (auto appended = (*log)->append({&g, 1}); !appended) return "does not go on: " + appended.error().message;
  }
  if (auto broken = verified(directory); !broken.empty()) return broken;
  auto log = open_log_for_reading(directory);
  if (!log) return "cannot be read: " + log.error().message;
  promise more = p;
  more.acknowledged = more.offered = found.seq + 2;
  return broken_promise(**log, more);
}

}  // namespace tomnext::tests
