// The back-test loop on G1 repeated 100 times: in memory, hashed, and with its log written durably. Beside the last one, in the same run, the bare
// write + fdatasync of the same bytes in as many pieces. Medians of five rounds; reading the files is stated apart. Usage: backtest_bench [repeats [folder]]
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "actors/replay/composition.hpp"
#include "actors/replay/group_builder.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/replay/prepare.hpp"
#include "actors/replay/quote_feed.hpp"
#include "config/loader.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/memory_log.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;

namespace {

constexpr int rounds = 5;
using clock_type = std::chrono::steady_clock;

[[noreturn]] void stop(const error& e) {
  std::fprintf(stderr, "backtest_bench: %s\n", e.message.c_str());
  std::exit(1);
}
template <class T> T must(result<T> r) {
  if (!r) stop(r.error());
  return std::move(*r);
}
void must(result<void> r) {
  if (!r) stop(r.error());
}

double seconds_of(const std::function<void()>& work) {
  const auto began = clock_type::now();
  work();
  return std::chrono::duration<double>(clock_type::now() - began).count();
}
double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

struct market {
  config::deployment d;
  std::vector<quote_accepted> quotes;  // of all repeats
  double reading_s = 0;                // of one month
  std::uint64_t month = 0;
};

// The month again and again, each time thirty days later.
market load(std::uint64_t repeats) {
  market m;
  m.d = must(config::load(std::string(TOMNEXT_SOURCE_DIR) + "/tests/data/demo.yaml", {}));
  m.reading_s = seconds_of([&] {
    auto feed = must(replay::open_feed(m.d));
    std::vector<replay::judged_quote> part(4'096);
    for (;;) {
      const auto n = must(feed->read(part));
      if (n == 0) break;
      for (std::size_t i = 0; i < n; ++i) m.quotes.push_back(part[i].quote);
    }
  });
  m.month = m.quotes.size();
  must(replay::prepare(m.d));
  m.quotes.reserve(m.month * repeats);
  for (std::uint64_t r = 1; r < repeats; ++r)
    for (std::uint64_t i = 0; i < m.month; ++i) {
      auto q = m.quotes[i];
      q.source_time = q.source_time + static_cast<std::int64_t>(r) * 30 * day_ns;
      q.source_position = r * m.month + i + 1;
      m.quotes.push_back(q);
    }
  const auto last = utc_date(m.quotes.back().source_time);
  m.d.calendar = must(config::new_york_calendar(m.d.calendar.front().first_date, last));
  return m;
}

/// CPU time of this thread, or of all: what the loop costs where other programs want the cores too.
double cpu_s(clockid_t whose) {
  timespec t{};
  ::clock_gettime(whose, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct figures {
  double loop_s = 0, thread_s = 0, process_s = 0;
  std::uint64_t events = 0;
};
struct series {
  std::vector<double> loop, thread, process;
  void add(const figures& f) {
    loop.push_back(f.loop_s);
    thread.push_back(f.thread_s);
    process.push_back(f.process_s);
  }
};

template <class Log> figures run(const market& m, Log& log, const std::function<void()>& end = {}) {
  replay::kernel<Log> k(log);
  must(replay::compose(m.d, {}, [&]<class S>(const replay::host_description& h, S service) { k.add(h, std::move(service)); }));
  figures f;
  const double thread = cpu_s(CLOCK_THREAD_CPUTIME_ID), process = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
  f.loop_s = seconds_of([&] {
    k.activate(0);
    replay::preamble(m.d, {}, [&](const auto& e) { k.input(e, m.d.begins, replay::configuration_ingress, 0); });
    for (const auto& q : m.quotes) k.quote(q);
    k.end_of_data();
    if (end) end();
  });
  f.thread_s = cpu_s(CLOCK_THREAD_CPUTIME_ID) - thread;
  f.process_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID) - process;
  if (k.failure()) stop(*k.failure());
  f.events = k.seq();
  return f;
}

/// Counts what a log was given: bytes and commits.
class counting_log final : public persistence::event_log {
 public:
  explicit counting_log(persistence::event_log& to) : to_(to) {}
  result<persistence::log_head> append(std::span<const persistence::group_ref> groups) override {
    ++commits;
    return to_.append(groups);
  }
  persistence::log_head head() const override { return to_.head(); }
  result<std::unique_ptr<persistence::log_scan>> scan(std::uint64_t from) const override { return to_.scan(from); }
  result<std::unique_ptr<persistence::subscription>> subscribe_from(std::uint64_t from, std::function<void(const persistence::group_ref&)> f) override {
    return to_.subscribe_from(from, std::move(f));
  }
  result<bool> holds(const persistence::log_head& h) const override { return to_.holds(h); }
  std::uint64_t commits = 0;

 private:
  persistence::event_log& to_;
};

double raw_writes(const std::string& file, std::uint64_t bytes, std::uint64_t pieces) {
  const std::uint64_t size = std::max<std::uint64_t>(1, bytes / std::max<std::uint64_t>(1, pieces));
  std::string block(size, '\0');
  std::uint64_t x = 88172645463325252u;
  for (auto& c : block) c = static_cast<char>((x ^= x << 13, x ^= x >> 7, x ^= x << 17));
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const double s = seconds_of([&] {
    for (std::uint64_t i = 0; i < pieces; ++i)
      if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(fd) != 0) stop({errc::log_io, "writing " + file});
  });
  ::close(fd);
  ::unlink(file.c_str());
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t repeats = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100;
  const std::string folder = argc > 2 ? argv[2] : (std::filesystem::temp_directory_path() / ("backtest_bench-" + std::to_string(::getpid()))).string();
  std::filesystem::create_directories(folder);
  const market m = load(repeats);
  const auto ticks = static_cast<double>(m.quotes.size());
  std::printf("reading and judging  %9.2f M ticks/s (one month, %.1f ms; not part of the loop)\n", static_cast<double>(m.month) / m.reading_s / 1e6,
              m.reading_s * 1e3);

  series memory, hashed, durable;
  std::vector<double> raw;
  std::uint64_t events = 0, bytes = 0, commits = 0;
  {
    replay::null_log none;
    for (int i = 0; i < rounds; ++i) {
      const auto f = run(m, none);
      memory.add(f);
      events = f.events;
    }
  }
  for (int i = 0; i < rounds; ++i) {
    persistence::memory_log log(persistence::retention::hash_only);
    replay::log_writer writer(log);
    replay::group_builder builder(1, [&](persistence::group_ref g) { writer.write(std::move(g)); });
    hashed.add(run(m, builder, [&] {
      builder.flush();
      (void)must(writer.finish());
    }));
  }
  {
    std::string buffer;
    replay::group_builder builder(1, [&](persistence::group_ref g) {
      persistence::encode_group(*g, {}, buffer);
      bytes += buffer.size();
    });
    (void)run(m, builder, [&] { builder.flush(); });
  }
  for (int i = 0; i < rounds; ++i) {
    const std::string directory = folder + "/log";
    {
      auto log = must(persistence::open_log(directory, {}));
      counting_log counted(*log);
      replay::log_writer writer(counted);
      replay::group_builder builder(log->head().epoch, [&](persistence::group_ref g) { writer.write(std::move(g)); });
      durable.add(run(m, builder, [&] {
        builder.flush();
        (void)must(writer.finish());
      }));
      commits = counted.commits;
    }
    std::filesystem::remove_all(directory);
    raw.push_back(raw_writes(folder + "/raw", bytes, commits));
  }
  std::filesystem::remove_all(folder);

  auto row = [&](const char* name, const series& x) {
    const double s = median(x.loop);
    std::printf("%-20s %9.2f M ticks/s  %9.2f M events/s  median %.3f s  (CPU: loop %.3f s, all threads %.3f s)\n", name, ticks / s / 1e6,
                static_cast<double>(events) / s / 1e6, s, median(x.thread), median(x.process));
  };
  row("in memory", memory);
  row("hashed", hashed);
  row("logged durably", durable);
  std::printf("bare write + fdatasync of the same %.1f MB in %llu pieces: median %.3f s; logging takes %.2f x that\n", static_cast<double>(bytes) / 1e6,
              static_cast<unsigned long long>(commits), median(raw), median(durable.loop) / median(raw));
  std::printf("%.0f ticks, %llu events, %.1f bytes an event; targets: 8 M ticks/s in memory, 2 M ticks/s logged durably\n", ticks,
              static_cast<unsigned long long>(events), static_cast<double>(bytes) / static_cast<double>(events));
  return 0;
}
