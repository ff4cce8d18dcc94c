// How fast `log verify` reads a log, beside hashing the same bytes on one thread.
#include <thread>

#include "bench/harness.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/verifier.hpp"

using namespace tomnext;
using namespace tomnext::bench;
using namespace tomnext::persistence;

namespace {

/// Quotes as a feed sends them: each a little from the one before, so that they compress as real ones do.
void fill(const std::string& directory, std::uint64_t events, std::uint64_t per_group) {
  rocksdb_options o;
  o.when = durability::os;
  auto log = must(open_log(directory, o));
  auto head = log->head();
  std::uint64_t x = 88172645463325252ull;
  std::int64_t price = 1'500'000'000;
  for (std::uint64_t seq = 1; seq <= events;) {
    auto g = std::make_shared<group>();
    g->epoch = head.epoch;
    for (std::uint64_t i = 0; i < per_group && seq <= events; ++i, ++seq) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      price += static_cast<std::int64_t>(x % 21) * 1'000 - 10'000;
      quote_accepted q;
      q.instrument.value = 1 + static_cast<std::uint32_t>(x >> 60);
      q.bid.value = price;
      q.ask.value = price + 15'000 + static_cast<std::int64_t>((x >> 32) % 5) * 1'000;
      q.source_time.ns = static_cast<std::int64_t>(seq * 3'000'000 + (x >> 40) % 1'000'000);
      q.source_position = seq;
      header h;
      h.seq = h.correlation = seq;
      h.at.ns = q.source_time.ns + 200'000;
      h.host.value = 1;
      g->events.push_back({h, q});
    }
    const group_ref ref = g;
    head = must(log->append({&ref, 1}));
  }
}

double one_run(const std::string& directory, unsigned threads, row_depth depth, row_figures& figures) {
  const auto began = stopwatch::now();
  figures = must(check_rows(directory, {1, threads, depth}, {}));
  return static_cast<double>(figures.bytes) / seconds_since(began) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  harness h("verify_bench", "How fast a log is verified: checksums, chain, envelopes, payloads.");
  std::uint64_t events = 8'000'000;
  std::string existing;
  h.options().add_option("--events", events, "quotes in the log")->capture_default_str();
  h.options().add_option("--log", existing, "measure this log instead of making one")->type_name("DIR");
  h.parse(argc, argv);
  const scratch_folder folder(h.folder());
  const auto directory = existing.empty() ? folder / "log" : existing;
  if (existing.empty()) fill(directory, events, 512);
  const auto cores = std::max(std::thread::hardware_concurrency(), 1u);
  std::vector<double> hash, one, all, decoded, whole;
  row_figures figures;
  for (int round = 0; round < rounds; ++round) {
    // The limit: SHA-256 over as many bytes, from memory.
    const std::string bytes(64u << 20, 'x');
    const auto began = stopwatch::now();
    (void)sha256({bytes});
    hash.push_back(static_cast<double>(bytes.size()) / seconds_since(began) / 1e9);
    one.push_back(one_run(directory, 1, row_depth::envelopes, figures));
    all.push_back(one_run(directory, cores, row_depth::envelopes, figures));
    decoded.push_back(one_run(directory, cores, row_depth::payloads, figures));
    const auto start = stopwatch::now();
    const auto report = must(verify_log(directory, {}));
    whole.push_back(static_cast<double>(report.group_bytes) / seconds_since(start) / 1e9);
  }
  h.note(std::to_string(figures.events) + " events, " + std::to_string(figures.bytes >> 20) + " MB of groups, " + std::to_string(cores) +
         " threads where not said");
  const std::string limit = "SHA-256 on one thread";
  h.add({"rows, envelopes, one thread", median(one), "GB/s", limit, median(hash), {}});
  h.add({"rows, envelopes", median(all), "GB/s", limit, median(hash), 1.0});
  h.add({"rows, payloads decoded", median(decoded), "GB/s", limit, median(hash), 1.0});
  h.add({"log verify, whole", median(whole), "GB/s", limit, median(hash), 1.0});
  h.print();
}
