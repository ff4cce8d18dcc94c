// Durable appends of the same events to the log, to a bare file, and to other people's stores, one after the other in each round: groups of 512 events a
// commit, and single events. The script `run` beside this file starts the peers.
#include <fcntl.h>

#include <map>
#include <sstream>

#include "bench/event_groups.hpp"
#include "bench/peers/store.hpp"
#include "bench/raw_file.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/wire.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

constexpr double raw_share_target = 0.6;
constexpr double events_per_s_target = 1e6;
constexpr double times_best_peer_target = 3;

/// What is appended, as the log takes it and as records of bytes for the others.
struct work {
  std::vector<persistence::group_ref> groups;
  std::vector<std::string> records;
  std::size_t events_each;
  std::uint64_t bytes;  ///< of the encoded groups

  work(std::uint64_t commits, std::size_t each) : groups(groups_of(commits, each)), events_each(each), bytes(encoded_bytes(groups)) {
    for (const auto& g : groups)
      for (const auto& e : g->events) records.push_back(persistence::encode_to_string(e));
  }
  [[nodiscard]] double events() const { return static_cast<double>(records.size()); }
  [[nodiscard]] double record_bytes() const {
    double all = 0;
    for (const auto& r : records) all += static_cast<double>(r.size());
    return all / events();
  }
};

/// Of one way of writing, a figure of each round.
struct measured {
  std::vector<double> events_per_s, p50_us, p99_us;
  void add(const work& w, const std::vector<double>& commits_us) {
    events_per_s.push_back(w.events() / (sum(commits_us) / 1e6));
    p50_us.push_back(quantile(commits_us, 0.5));
    p99_us.push_back(quantile(commits_us, 0.99));
  }
};

/// What others have written before and not yet synced would be synced at our cost.
void settle(const scratch_folder& folder) {
  const int fd = ::open((folder / ".").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || ::syncfs(fd) != 0) stop({errc::log_io, "syncing the file system of the benchmark's folder"});
  ::close(fd);
}

std::vector<double> into_log(const scratch_folder& folder, const work& w) {
  const auto directory = folder / "log";
  std::vector<double> took;
  {
    auto log = must(persistence::open_log(directory, {}));
    for (const auto& g : w.groups) {
      const auto began = stopwatch::now();
      must(log->append({&g, 1}));
      took.push_back(microseconds(stopwatch::now() - began));
    }
    if (log->head().seq != w.records.size()) stop({errc::log_gap, "the log does not hold what was appended"});
  }
  std::filesystem::remove_all(directory);
  return took;
}

/// A peer that has lost or changed anything is no peer.
void check(const peers::contender& c, const work& w) {
  if (const auto size = c.keeps->size(); size != w.records.size())
    peers::refuse(c.name, "holds " + std::to_string(size) + " records, " + std::to_string(w.records.size()) + " were acknowledged");
  for (const auto at : {std::size_t{0}, w.records.size() / 2, w.records.size() - 1})
    if (c.keeps->record(at + 1) != w.records[at]) peers::refuse(c.name, "record " + std::to_string(at + 1) + " is not the one that was written");
}

std::vector<double> into_peer(const peers::contender& c, const work& w) {
  std::vector<double> took;
  for (std::size_t at = 0; at < w.records.size(); at += w.events_each) {
    const peers::batch b{at + 1, std::span(w.records).subspan(at, w.events_each)};
    const auto began = stopwatch::now();
    c.keeps->commit(b);
    took.push_back(microseconds(stopwatch::now() - began));
  }
  check(c, w);
  return took;
}

struct comparison {
  measured log, raw;
  std::vector<std::pair<const peers::contender*, measured>> others;
};

comparison compare(const scratch_folder& folder, const std::vector<peers::contender>& contenders, const work& w, peers::use shape) {
  comparison all;
  for (const auto& c : contenders)
    if (c.used_for == shape || c.used_for == peers::use::both) all.others.emplace_back(&c, measured{});
  for (int i = 0; i < rounds; ++i) {
    settle(folder);
    all.raw.add(w, raw_appends(folder / "raw", w.bytes, w.groups.size()));
    settle(folder);
    all.log.add(w, into_log(folder, w));
    for (auto& [c, m] : all.others) {
      c->keeps->clear();
      settle(folder);
      m.add(w, into_peer(*c, w));
    }
    for (auto& [c, m] : all.others) c->keeps->clear();
    std::fprintf(stderr, "round %d of %d\n", i + 1, rounds);
  }
  return all;
}

std::string label(const peers::contender& c) { return c.name + (c.acknowledged == peers::acknowledgement::synced ? "" : " (NOT SYNCED)"); }

/// The synced peer's median that is best: the highest, or for times the lowest.
enum class best : std::uint8_t { highest, lowest };
std::optional<std::pair<std::string, double>> best_synced(const comparison& all, std::vector<double> measured::*what, best b) {
  std::optional<std::pair<std::string, double>> found;
  for (const auto& [c, m] : all.others) {
    const auto x = median(m.*what);
    if (c->acknowledged == peers::acknowledgement::synced && (!found || (b == best::highest ? x > found->second : x < found->second))) found = {c->name, x};
  }
  return found;
}

void report_groups(harness& h, const comparison& all) {
  const auto k = [](const measured& m) { return median(m.events_per_s) / 1e3; };
  const auto ours = k(all.log);
  h.add({"groups of 512: beside a bare file", ours, "k events/s", "write + fdatasync of the same bytes", k(all.raw), raw_share_target * k(all.raw)});
  h.add({"groups of 512: absolute", ours, "k events/s", "", 0, events_per_s_target / 1e3});
  for (const auto& [c, m] : all.others) h.add({"groups of 512", ours, "k events/s", label(*c), k(m), {}});
  if (const auto b = best_synced(all, &measured::events_per_s, best::highest))
    h.add({"groups of 512: beside the best synced peer", ours, "k events/s", b->first, b->second / 1e3, times_best_peer_target * b->second / 1e3});
}

void report_singles(harness& h, const comparison& all) {
  for (const auto& [name, what] : {std::pair{"single events: p50", &measured::p50_us}, {"single events: p99", &measured::p99_us}}) {
    const auto ours = median(all.log.*what);
    h.add({name, ours, "us", "write + fdatasync of the same bytes", median(all.raw.*what), {}});
    for (const auto& [c, m] : all.others) h.add({name, ours, "us", label(*c), median(m.*what), {}});
    if (const auto b = best_synced(all, what, best::lowest))
      h.add({std::string(name) + ", beside the best synced peer", ours, "us", b->first, b->second, b->second / times_best_peer_target});
  }
}

/// Said where it cannot be overlooked: in the answer, and on the standard error meanwhile.
void left_out(harness& h, const std::string& peer, const std::string& why) {
  const auto text = "SKIPPED: " + peer + ": " + why;
  std::fprintf(stderr, "\n*** %s\n\n", text.c_str());
  h.note(text);
}

std::vector<peers::contender> contenders_of(harness& h, std::map<std::string, std::string> where, const std::map<std::string, std::string>& missing) {
  std::vector<peers::contender> all;
  for (const auto& k : peers::kinds()) {
    const auto given = where.extract(k.name);
    if (given.empty()) {
      const auto why = missing.find(k.name);
      left_out(h, k.name, why != missing.end() ? why->second : "--peer " + k.name + "=… was not given (" + k.where + ")");
      continue;
    }
    std::string before;
    for (auto& c : k.connect(given.mapped())) {
      if (c.settings != before) h.note(c.settings);
      before = c.settings;
      all.push_back(std::move(c));
    }
  }
  std::istringstream not_built(TOMNEXT_PEERS_NOT_BUILT);
  for (std::string entry; not_built >> entry;) {
    const auto name = entry.substr(0, entry.find('='));
    where.erase(name);
    left_out(h, name, "built without its client: apt-get install " + entry.substr(name.size() + 1) + ", then run cmake again");
  }
  if (!where.empty()) stop({errc::invalid_argument, "--peer " + where.begin()->first + ": there is no such peer; there are postgres, redis, sqlite, nats"});
  return all;
}

/// NAME=REST, from the command line.
std::map<std::string, std::string> named(const std::vector<std::string>& all) {
  std::map<std::string, std::string> m;
  for (const auto& s : all) {
    const auto at = s.find('=');
    if (at == std::string::npos) stop({errc::invalid_argument, "'" + s + "': NAME=… is wanted"});
    m[s.substr(0, at)] = s.substr(at + 1);
  }
  return m;
}

}  // namespace

int main(int argc, char** argv) {
  harness h("peer_appends", "Durable appends to the log beside a bare file and other people's stores. bench/peers/run starts those and calls this.");
  std::uint64_t groups = 400, singles = 2000;
  std::vector<std::string> where, missing, notes;
  h.options().add_option("--groups", groups, "groups of 512 events a round")->check(CLI::Range(1, 10'000))->capture_default_str();
  h.options().add_option("--singles", singles, "single events a round")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  h.options().add_option("--peer", where, "a peer and where it is: postgres=CONNECTION, redis=SOCKET, sqlite=FILE or nats=URL");
  h.options().add_option("--missing", missing, "a peer and why it is not measured: NAME=REASON");
  h.options().add_option("--note", notes, "what is to be printed with the figures: of the machine, of a server's version");
  h.parse(argc, argv);
  for (const auto& n : notes) h.note(n);
  const scratch_folder folder(h.folder());
  const auto contenders = contenders_of(h, named(where), named(missing));

  const work in_groups(groups, 512), one_by_one(singles, 1);
  h.note("the log: durability=sync, anchor every 64 commits, checksum and hash chain for each group; in this process, encoding included");
  h.note("ratio: the log's figure by the peer's; for times less than 1 is faster. One client, its next commit begins when the one before is acknowledged");
  h.note("the peers' servers are among the other processes below");
  h.note("encoded groups have " + std::to_string(in_groups.bytes / in_groups.records.size()) + " bytes an event, the peers' records " +
         std::to_string(static_cast<int>(in_groups.record_bytes())) + "; rounds of " + std::to_string(groups) + " groups and " + std::to_string(singles) +
         " single events");
  report_groups(h, compare(folder, contenders, in_groups, peers::use::groups));
  report_singles(h, compare(folder, contenders, one_by_one, peers::use::single_events));
  h.print();
  return 0;
}
