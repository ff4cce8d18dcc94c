// What encryption at rest costs: encoding, appending, scanning and the disk, each beside the same in clear. Keys are made for the run.
#include <rocksdb/db.h>

#include "actors/replay/hosts.hpp"
#include "bench/compacted.hpp"
#include "bench/harness.hpp"
#include "bench/market.hpp"
#include "persistence/checksum.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;
using persistence::group_ref;

namespace {

/// The demo's quotes in groups as large as an import's or a busy feed's.
std::vector<group_ref> groups_of(const market& m, std::size_t quotes_a_group) {
  std::vector<group_ref> all;
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < m.quotes.size();) {
    auto g = std::make_shared<persistence::group>();
    g->epoch = 1;
    for (std::size_t k = 0; k < quotes_a_group && i < m.quotes.size(); ++k, ++i) {
      header h;
      h.seq = h.correlation = ++seq;
      h.position = m.quotes[i].source_position;
      h.at = m.quotes[i].source_time;
      h.host = replay::market_ingress;
      g->events.push_back({h, m.quotes[i]});
    }
    all.push_back(std::move(g));
  }
  return all;
}

struct figures {
  std::vector<double> encode, decode, append, scan;  // M events a second
  double disk_bytes = 0;                             // of a quote, compacted
};

double millions(const std::vector<group_ref>& groups, stopwatch::time_point began) {
  return static_cast<double>(groups.back()->last_seq()) / seconds_since(began) / 1e6;
}

persistence::key_ring_ref made_keys(const std::string& file) {
  (void)must(persistence::add_key(file));
  return must(persistence::key_ring::of_file(file));
}

/// In memory, on one thread: packing as it is appended, and reading it again.
void measure_codec(const std::vector<group_ref>& groups, const persistence::key_ring_ref& keys, bool encrypted, figures& f) {
  auto encryptor = must(persistence::group_encryptor::with(keys));
  std::vector<std::string> rows(groups.size());
  std::string packed;
  const auto began = stopwatch::now();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    persistence::encode_group(*groups[i], {}, packed);
    if (encrypted) must(encryptor.encrypt(packed, rows[i]));
    else rows[i].assign(packed);
  }
  f.encode.push_back(millions(groups, began));
  const auto read = stopwatch::now();
  for (const auto& row : rows) (void)must(persistence::decode_group(row));
  f.decode.push_back(millions(groups, read));
}

void measure_log(const std::vector<group_ref>& groups, const std::string& directory, persistence::rocksdb_options o, figures& f) {
  {
    auto log = must(persistence::open_log(directory, o));
    const auto began = stopwatch::now();
    for (const auto& g : groups) must(log->append({&g, 1}));
    f.append.push_back(millions(groups, began));
  }
  compact(directory);
  const auto use = must(persistence::disk_use(persistence::rows_folder(directory)));
  f.disk_bytes = static_cast<double>(use.table_bytes) / static_cast<double>(groups.back()->last_seq());
  auto log = must(persistence::open_log_for_reading(directory));
  const auto began = stopwatch::now();
  auto scan = must(log->scan(1));
  while (must(scan->next())) {}
  f.scan.push_back(millions(groups, began));
}

}  // namespace

int main(int argc, char** argv) {
  harness h("encryption_bench", "What encryption at rest costs, each figure beside the same in clear.");
  std::uint64_t repeats = 8;
  std::size_t quotes_a_group = 512;
  h.options().add_option("--repeats", repeats, "how often the demo's month of quotes is taken")->capture_default_str();
  h.options().add_option("--group", quotes_a_group, "quotes in a group")->capture_default_str();
  h.parse(argc, argv);
  const scratch_folder folder(h.folder());
  const auto keys = made_keys(folder / "keys");
  persistence::use_keys(keys);
  const auto groups = groups_of(load(repeats), quotes_a_group);
  figures clear, encrypted;
  for (int round = 0; round < rounds; ++round) {
    measure_codec(groups, keys, false, clear);
    measure_codec(groups, keys, true, encrypted);
    // Synced as a node's: what it costs where the disk is waited for.
    persistence::rocksdb_options o;
    measure_log(groups, folder / ("clear" + std::to_string(round)), o, clear);
    o.encrypt = persistence::encryption::from_now_on;
    measure_log(groups, folder / ("encrypted" + std::to_string(round)), o, encrypted);
  }
  h.note(std::to_string(groups.back()->last_seq()) + " quotes in groups of " + std::to_string(quotes_a_group) + "; encrypted beside in clear");
  const std::string beside = "in clear";
  h.add({"encode", median(encrypted.encode), "M events/s", beside, median(clear.encode), {}});
  h.add({"decode", median(encrypted.decode), "M events/s", beside, median(clear.decode), {}});
  h.add({"append, each group synced", median(encrypted.append), "M events/s", beside, median(clear.append), {}});
  h.add({"scan", median(encrypted.scan), "M events/s", beside, median(clear.scan), {}});
  h.add({"a quote on the disk, compacted", encrypted.disk_bytes, "bytes", beside, clear.disk_bytes, {}});
  h.print();
}
