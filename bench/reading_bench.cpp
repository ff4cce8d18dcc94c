// A log read again: scans with checksums, chain and decoding, of quotes and of a whole back-test; what a quote takes on the disk; how long it takes to be ready
// after a crash; and what the log's memory is when nothing happens.
//
// What is measured after a crash is written by another process, this program again, that ends without closing its log.
#include <fcntl.h>
#include <rocksdb/db.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "bench/backtest_log.hpp"
#include "bench/compacted.hpp"
#include "bench/harness.hpp"
#include "bench/market.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_access.hpp"
#include "persistence/rocksdb_log.hpp"

extern char** environ;

using namespace tomnext;
using namespace tomnext::bench;
using persistence::group_ref;

namespace {

constexpr std::size_t quotes_a_group = 256;

/// Quotes as an import writes them.
void append_quotes(persistence::event_log& log, const market& m, const std::function<bool()>& go_on) {
  std::uint64_t seq = log.head().seq;
  for (std::size_t i = 0; i < m.quotes.size() && go_on();) {
    auto g = std::make_shared<persistence::group>();
    g->epoch = log.head().epoch;
    for (std::size_t k = 0; k < quotes_a_group && i < m.quotes.size(); ++k, ++i) {
      header h;
      h.seq = h.correlation = ++seq;
      h.position = m.quotes[i].source_position;
      h.at = m.quotes[i].source_time;
      h.host = replay::market_ingress;
      g->events.push_back({h, m.quotes[i]});
    }
    const group_ref ref = g;
    must(log.append({&ref, 1}));
  }
}

persistence::rocksdb_options unsynced() {
  persistence::rocksdb_options o;
  o.when = persistence::durability::os;
  return o;
}

/// Reads all; returns M events a second.
double scanned(const std::string& directory, std::uint64_t& events) {
  auto log = must(persistence::open_log_for_reading(directory));
  const auto began = stopwatch::now();
  auto scan = must(log->scan(1));
  events = 0;
  for (;;) {
    auto g = must(scan->next());
    if (!g) break;
    events += g->events.size();
  }
  return static_cast<double>(events) / seconds_since(began) / 1e6;
}

// ---- another process -------------------------------------------------------------------------------

std::uint64_t resident_kilobytes() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  return 0;
}

/// Writes until the write-ahead logs have so many bytes, and is gone at once.
[[noreturn]] void write_and_die(const std::string& directory, std::uint64_t wal_bytes) {
  const auto m = load(100);
  auto o = unsynced();
  o.write_buffer_bytes = 4 * wal_bytes;
  o.wal_bytes_max = 4 * wal_bytes;
  auto log = must(persistence::open_log(directory, o));
  std::uint64_t groups = 0;
  while (must(persistence::disk_use(persistence::rows_folder(directory))).wal_bytes < wal_bytes)
    append_quotes(*log, m, [&] { return ++groups % 1'000 != 0 || must(persistence::disk_use(persistence::rows_folder(directory))).wal_bytes < wal_bytes; });
  std::_Exit(0);
}

/// Opens a log for writing, as a node does, and says what memory that takes.
[[noreturn]] void rest(const std::string& directory) {
  const auto before = resident_kilobytes();
  auto log = must(persistence::open_log(directory, {}));
  std::printf("%llu\n", static_cast<unsigned long long>(resident_kilobytes() - before));
  log.reset();
  std::fflush(stdout);
  std::_Exit(0);
}

/// This program once more, with its output in a file. Returns what it printed.
std::string another(const std::string& folder, std::vector<std::string> arguments) {
  const auto output = folder + "/output";
  arguments.insert(arguments.begin(), "reading_bench");
  std::vector<char*> argv;
  for (auto& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, "/proc/self/exe", &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || status != 0) stop({errc::log_io, "the other process failed: " + arguments[1]});
  std::ifstream in(output);
  return {std::istreambuf_iterator<char>(in), {}};
}

// ---- figures ---------------------------------------------------------------------------------------

/// crc32c of every file, from the memory that the system has of them: no opening can be faster.
double read_through(const std::string& folder, std::uint64_t& bytes) {
  const auto began = stopwatch::now();
  std::string block(1u << 20, '\0');
  bytes = 0;
  std::uint32_t crc = 0;
  for (const auto& f : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(f.path(), std::ios::binary);
    for (;;) {
      in.read(block.data(), static_cast<std::streamsize>(block.size()));
      if (in.gcount() == 0) break;
      crc = persistence::crc32c({block.data(), static_cast<std::size_t>(in.gcount())}, crc);
      bytes += static_cast<std::uint64_t>(in.gcount());
    }
  }
  return seconds_since(began) + (crc == 1 ? 1e-9 : 0);  // so that it is computed
}

void recovery(harness& h, const scratch_folder& folder, std::uint64_t wal_bytes) {
  std::vector<double> ready, through;
  std::uint64_t bytes = 0, wal = 0;
  std::filesystem::create_directories(folder / "other");
  for (int i = 0; i < rounds; ++i) {
    const auto directory = folder / "crashed";
    std::filesystem::remove_all(directory);
    (void)another(folder / "other", {"--child-writes", directory, "--wal-bytes", std::to_string(wal_bytes)});
    wal = must(persistence::disk_use(persistence::rows_folder(directory))).wal_bytes;
    through.push_back(read_through(persistence::rows_folder(directory), bytes));
    const auto began = stopwatch::now();
    auto log = must(persistence::open_log(directory, {}));
    ready.push_back(seconds_since(began));
    if (log->head().seq == 0) stop({errc::log_gap, "nothing was recovered"});
  }
  std::filesystem::remove_all(folder / "crashed");
  const double gigabytes = static_cast<double>(wal) / 1e9;
  h.add({"ready after a crash, " + std::to_string(wal >> 20) + " MiB of write-ahead log", median(ready), "s", "reading it with crc32c", median(through), 1.0});
  h.add({"the same, a GB", median(ready) / gigabytes, "s/GB", "", 0, {}});
}

}  // namespace

int main(int argc, char** argv) {
  harness h("reading_bench", "A log read again: scans, bytes on the disk, readiness after a crash, memory at rest.");
  std::uint64_t repeats = 60, wal_bytes = 256u << 20;
  std::string child_writes, child_rests;
  h.options().add_option("--repeats", repeats, "how often the month is taken")->check(CLI::Range(1, 1'000))->capture_default_str();
  h.options().add_option("--wal-bytes", wal_bytes, "write-ahead log that a crash leaves")->capture_default_str();
  h.options().add_option("--child-writes", child_writes, "for this program itself: writes a log there and dies")->group("");
  h.options().add_option("--child-rests", child_rests, "for this program itself: opens the log there")->group("");
  h.parse(argc, argv);
  if (!child_writes.empty()) write_and_die(child_writes, wal_bytes);
  if (!child_rests.empty()) rest(child_rests);
  const scratch_folder folder(h.folder());
  recovery(h, folder, wal_bytes);
  const market m = load(repeats);
  const auto quotes = folder / "quotes", whole = folder / "backtest";
  {
    auto log = must(persistence::open_log(quotes, unsynced()));
    append_quotes(*log, m, [] { return true; });
  }
  compact(quotes);
  {
    auto log = must(persistence::open_log(whole, unsynced()));
    append_backtest(*log, m);
  }
  std::vector<double> of_quotes, of_all, of_both;
  std::uint64_t quote_events = 0, all_events = 0;
  for (int i = 0; i < rounds; ++i) {
    of_quotes.push_back(scanned(quotes, quote_events));
    of_all.push_back(scanned(whole, all_events));
  }
  const auto use = must(persistence::disk_use(persistence::rows_folder(quotes)));
  h.add({"scan of quotes, checksums and decoding", median(of_quotes), "M events/s", "", 0, 8.0});
  h.add({"scan of a back-test's log, the same", median(of_all), "M events/s", "", 0, 5.0});
  h.add({"a quote on the disk, compacted, groups of 256", static_cast<double>(use.table_bytes + use.wal_bytes) / static_cast<double>(quote_events), "bytes", "",
         0, 6.0});
  h.add({"memory of a log that was opened for writing, at rest", static_cast<double>(std::stoull(another(folder / "other", {"--child-rests", whole}))) / 1024,
         "MiB", "", 0, 200.0});
  h.note(std::to_string(quote_events) + " quotes; " + std::to_string(all_events) + " events of a back-test");
  h.print();
  return 0;
}
