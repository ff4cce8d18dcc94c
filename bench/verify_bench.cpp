// How fast `log verify` reads a log, beside hashing the same bytes on one thread.
#include <ctime>
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

double processor_s() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// Bytes a second by the clock, and a second of processor time: where others take the processors, only the second says what the work costs.
struct speed {
  std::vector<double> by_clock, by_processor;
  template <class Work> void measure(Work work) {
    const auto began = stopwatch::now();
    const auto used = processor_s();
    const double gigabytes = static_cast<double>(work()) / 1e9;
    by_clock.push_back(gigabytes / seconds_since(began));
    by_processor.push_back(gigabytes / (processor_s() - used));
  }
};

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
  speed hash, one, all, decoded, whole;
  row_figures figures;
  auto rows = [&](unsigned threads, row_depth depth) {
    figures = must(check_rows(directory, {1, threads, depth}, {}));
    return figures.bytes;
  };
  const std::string block(16u << 10, 'x');
  for (int round = 0; round < rounds; ++round) {
    // The limit: the chain's hashes alone, of blocks as large as groups, from memory.
    hash.measure([&] {
      for (int i = 0; i < 4096; ++i) (void)sha256({block});
      return block.size() * 4096;
    });
    one.measure([&] { return rows(1, row_depth::envelopes); });
    all.measure([&] { return rows(cores, row_depth::envelopes); });
    decoded.measure([&] { return rows(cores, row_depth::payloads); });
    whole.measure([&] { return must(verify_log(directory, {})).group_bytes; });
  }
  h.note(std::to_string(figures.events) + " events, " + std::to_string(figures.bytes >> 20) + " MB of groups; " + std::to_string(cores) +
         " threads where not said");
  auto add = [&](const std::string& name, const speed& s, std::optional<double> target) {
    h.add({name, median(s.by_clock), "GB/s", "SHA-256 on one thread", median(hash.by_clock), target});
    h.add({name + ", for each processor", median(s.by_processor), "GB/s", "SHA-256 on one thread", median(hash.by_processor), {}});
  };
  add("rows, envelopes, one thread", one, {});
  add("rows, envelopes", all, 1.0);
  add("rows, payloads decoded", decoded, 1.0);
  add("log verify, whole", whole, 1.0);
  h.print();
}
