// Durable appends: groups of 512 events of some 200 bytes through the RocksDB log, synced one by one and in natural batches, each beside bare write +
// fdatasync of the same bytes in as many pieces; and what one event waits for its durability behind the real journal and writer actors.
#include <sys/prctl.h>

#include <mutex>
#include <thread>

#include "actors/journal/feed_actor.hpp"
#include "actors/journal/journal_actor.hpp"
#include "actors/journal/writer_actor.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/runtime/feed_reader.hpp"
#include "actors/runtime/instrumented.hpp"
#include "bench/counting_log.hpp"
#include "bench/event_groups.hpp"
#include "bench/harness.hpp"
#include "bench/raw_file.hpp"
#include "persistence/rocksdb_log.hpp"

using namespace tomnext;
using namespace tomnext::bench;
using persistence::group_ref;

namespace {

// ---- throughput ------------------------------------------------------------------------------------

struct throughput {
  std::vector<double> events_per_s, raw_events_per_s, commits;
};

/// `append` takes all groups into the log and returns when they are durable.
template <class Append> void measure(throughput& to, const scratch_folder& folder, const std::vector<group_ref>& groups, std::uint64_t bytes, Append append) {
  const auto events = static_cast<double>(groups.back()->last_seq());
  const auto directory = folder / "log";
  std::uint64_t commits = 0;
  {
    auto log = must(persistence::open_log(directory, {}));
    counting_log counted(*log);
    const auto began = stopwatch::now();
    append(counted, groups);
    to.events_per_s.push_back(events / seconds_since(began));
    commits = counted.commits();
    if (log->head().seq != groups.back()->last_seq()) stop({errc::log_gap, "the log does not hold what was appended"});
  }
  std::filesystem::remove_all(directory);
  to.commits.push_back(static_cast<double>(commits));
  to.raw_events_per_s.push_back(events / (sum(raw_appends(folder / "raw", bytes, commits)) / 1e6));
}

void in_line(persistence::event_log& log, const std::vector<group_ref>& groups) {
  for (const auto& g : groups) must(log.append({&g, 1}));
}
void batched(persistence::event_log& log, const std::vector<group_ref>& groups) {
  replay::log_writer writer(log);
  for (const auto& g : groups) writer.write(g);
  must(writer.finish());
}

void throughputs(harness& h, const scratch_folder& folder, std::uint64_t group_count) {
  const auto groups = groups_of(group_count, 512);
  const auto bytes = encoded_bytes(groups);
  throughput one_by_one, natural;
  for (int i = 0; i < rounds; ++i) {
    measure(one_by_one, folder, groups, bytes, in_line);
    measure(natural, folder, groups, bytes, batched);
  }
  const auto row = [&](const char* name, const throughput& t, std::optional<double> target) {
    h.add({name, median(t.events_per_s) / 1e3, "k events/s", "bare write+fdatasync, same bytes, same syncs", median(t.raw_events_per_s) / 1e3, target});
  };
  row("append, groups of 512, synced one by one", one_by_one, 1'000);
  row("append, groups of 512, natural batches", natural, {});
  h.note(std::to_string(bytes / groups.back()->last_seq()) + " bytes an event, " + std::to_string(group_count) + " groups; commits one by one " +
         std::to_string(static_cast<int>(median(one_by_one.commits))) + ", in natural batches " + std::to_string(static_cast<int>(median(natural.commits))));
}

// ---- latency through the actors --------------------------------------------------------------------

/// When each event was due at the journal, and when it was durable. Written by one thread each, read when both are done.
struct moments {
  std::vector<stopwatch::time_point> due, durable;
};

/// An adapter on the durable feed, as any other.
struct observer_state {
  actors::channel_protocol::pointer self;
  std::shared_ptr<moments> seen;
  observer_state(actors::channel_protocol::pointer s, std::shared_ptr<moments> m, const actors::feed_protocol& feed) : self(s), seen(std::move(m)) {
    actors::feed_wish wish;
    wish.name = feed_name;
    wish.from_seq = 1;
    actors::join_feed(self, feed, std::move(wish));
  }
  static constexpr auto feed_name = "benchmark";
  actors::channel_protocol::behavior_type behavior() {
    return {[this](actors::durable_atom, const actors::groups_ref& groups, const actors::durable_ref& head) {
      const auto now = stopwatch::now();
      for (const auto& g : *groups)
        for (const auto& e : g->events) seen->durable[e.head.seq - 1] = now;
      actors::return_credit(self, feed_name, *groups, *head);
    }};
  }
};

/// Open loop: every event goes at its time, whatever has become of those before. Returns microseconds from that time to the durable feed.
std::vector<double> acknowledgements(const scratch_folder& folder, double events_per_s, double seconds) {
  const auto count = static_cast<std::size_t>(events_per_s * seconds);
  auto seen = std::make_shared<moments>();
  seen->due.resize(count);
  seen->durable.resize(count);
  std::vector<actors::inputs_ref> inputs;
  for (std::size_t i = 0; i < count; ++i) inputs.push_back(std::make_shared<const std::vector<actors::offered_input>>(1, actors::offered_input{input(i)}));

  const auto directory = folder / "log";
  std::shared_ptr<persistence::event_log> log = must(persistence::open_log(directory, {}));
  const auto sequencer = std::make_shared<actors::sequencer>(actors::ordering::arrival);
  sequencer->set_epoch(log->head().epoch);
  {
    actors::system_config config;
    actors::configure(config, 2);
    actors::actor_system system{config};
    const auto figures = std::make_shared<actors::introspection>();
    const auto link = std::make_shared<actors::feed_link>(log, std::uint64_t{64} << 20);
    const auto writer = actors::spawn_detached_actor<actors::writer_protocol, actors::writer_state>(system, figures, {"writer", "journal", ""}, log, link);
    const auto feed = actors::spawn_detached_actor<actors::feed_protocol, actors::feed_state>(system, figures, {"feed", "journal", ""}, link, writer,
                                                                                              actors::feed_settings{});
    const auto journal = actors::spawn_actor<actors::journal_protocol, actors::journal_state>(
        system, figures, {"journal", "journal", ""}, actors::journal_settings{actors::ordering::arrival, UINT64_MAX, {}}, sequencer,
        std::vector<actors::host_definition>{}, writer, log->head());
    const auto observer = actors::spawn_actor<actors::channel_protocol, observer_state>(system, figures, {"observer", "adapter", ""}, seen, feed);

    ::prctl(PR_SET_TIMERSLACK, 1'000ul, 0ul, 0ul, 0ul);  // wake on time, not up to 50 µs later
    const auto begins = stopwatch::now() + std::chrono::milliseconds(50);
    for (std::size_t i = 0; i < count; ++i) {
      seen->due[i] = begins + std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / events_per_s));
      if (stopwatch::now() < seen->due[i]) std::this_thread::sleep_until(seen->due[i]);
      actors::tell_from_outside(journal, actors::admit_v, inputs[i]);
    }
    actors::outside_actor self{system};
    actors::ask(&*self, journal, std::chrono::seconds(60), actors::settled_v)
        .receive([](std::uint64_t) {}, [](const actors::actor_error& e) { stop(actors::from_caf(e).within("waiting for the end")); });
    actors::ask(&*self, feed, std::chrono::seconds(60), actors::settled_v, std::string())
        .receive([](std::uint64_t) {}, [](const actors::actor_error& e) { stop(actors::from_caf(e).within("waiting for the observer")); });
    for (const auto& a : {actors::pointer_of(observer), actors::pointer_of(feed), actors::pointer_of(journal), actors::pointer_of(writer)})
      actors::exit_now(a, actors::exit_reason::kill);
  }
  log.reset();
  std::filesystem::remove_all(directory);
  std::vector<double> took;
  for (std::size_t i = 0; i < count; ++i) took.push_back(microseconds(seen->durable[i] - seen->due[i]));
  return took;
}

void latencies(harness& h, const scratch_folder& folder, double seconds) {
  for (const double events_per_s : {10'000.0, 50'000.0}) {
    std::vector<double> p50, p99, raw50, raw99;
    for (int i = 0; i < rounds; ++i) {
      const auto took = acknowledgements(folder, events_per_s, seconds);
      p50.push_back(quantile(took, 0.5));
      p99.push_back(quantile(took, 0.99));
      const auto raw = raw_appends(folder / "raw", 500 * 200, 500);
      raw50.push_back(quantile(raw, 0.5));
      raw99.push_back(quantile(raw, 0.99));
    }
    const auto name = "durable behind the actors, " + std::to_string(static_cast<int>(events_per_s / 1e3)) + " k events/s, ";
    const char* peer = "one bare 200-byte write+fdatasync after the other";
    h.add({name + "p50", median(p50), "us", peer, median(raw50), events_per_s > 20'000 ? std::optional(300.0) : std::nullopt});
    h.add({name + "p99", median(p99), "us", peer, median(raw99), events_per_s > 20'000 ? std::optional(1'000.0) : std::nullopt});
  }
}

}  // namespace

int main(int argc, char** argv) {
  harness h("journal_bench", "Durable appends beside bare write + fdatasync of the same bytes, and the latency of durability behind the journal's actors.");
  std::uint64_t groups = 400;
  double seconds = 2;
  h.options().add_option("--groups", groups, "groups of 512 events a round")->check(CLI::Range(1, 10'000))->capture_default_str();
  h.options().add_option("--seconds", seconds, "length of a round of the open loop")->check(CLI::Range(0.1, 60.0))->capture_default_str();
  h.parse(argc, argv);
  const scratch_folder folder(h.folder());
  throughputs(h, folder, groups);
  latencies(h, folder, seconds);
  h.print();
  return 0;
}
