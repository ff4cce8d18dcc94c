#include <algorithm>
#include <array>
#include <map>

#include "actors/api/actor_table.hpp"
#include "actors/api/short_numbers.hpp"
#include "actors/api/utf8.hpp"

namespace tomnext::api {
namespace {

using actors::actor_figures;

constexpr std::size_t name_columns = 36;
constexpr std::size_t top_columns = 10;
using top_row = std::array<std::string, top_columns>;

/// Columns flush right but for the first and the last, and no line longer than the terminal.
std::string table(const std::vector<top_row>& rows, std::size_t width) {
  std::array<std::size_t, top_columns> widths{};
  for (const auto& r : rows)
    for (std::size_t i = 0; i < top_columns; ++i) widths[i] = std::max(widths[i], columns_of(r[i]));
  std::string out;
  for (const auto& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < top_columns; ++i) {
      const std::string padding(widths[i] - columns_of(r[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 || i + 1 == top_columns ? r[i] + padding : padding + r[i]);
    }
    out += cut_to(line.substr(0, line.find_last_not_of(' ') + 1), width) + "\n";
  }
  return out;
}

struct moved {
  const actor_figures* now;
  double messages_per_s, work;
};

}  // namespace

std::string actors_top(const std::vector<actor_figures>& before, const std::vector<actor_figures>& now, double seconds, std::size_t width,
                       std::size_t rows_max) {
  std::map<std::string_view, const actor_figures*> earlier;
  for (const auto& a : before) earlier.emplace(a.name, &a);
  std::vector<moved> all;
  double messages = 0, work = 0;
  for (const auto& a : now) {
    const auto found = earlier.find(a.name);
    const bool known = found != earlier.end() && found->second->processed <= a.processed;
    const auto processed = static_cast<double>(a.processed - (known ? found->second->processed : 0)) / seconds;
    const auto worked = (a.service_s - (known ? found->second->service_s : 0.0)) / seconds;
    all.push_back({&a, processed, worked});
    messages += processed;
    work += worked;
  }
  std::stable_sort(all.begin(), all.end(), [](const moved& a, const moved& b) { return a.work > b.work; });
  if (all.size() > rows_max) all.resize(rows_max);

  std::vector<top_row> rows{{"actor", "messages/s", "work %", "queue", "max", "latency p99", "service p99", "in flight", "memory", "now"}};
  for (const auto& m : all) {
    const auto& a = *m.now;
    auto doing = a.message.empty() ? a.state == "running" ? std::string() : printable(a.state) : printable(a.message);
    if (a.busy_ms > 50) doing += " for " + formatted("%.0f", a.busy_ms) + " ms";
    rows.push_back({cut_to(printable(a.name), name_columns), count(m.messages_per_s), formatted("%.1f", m.work * 100), count(a.queue_depth),
                    count(a.queue_depth_max), microseconds(a.latency_p99_us), microseconds(a.p99_us), count(a.in_flight), bytes(a.memory_bytes), doing});
  }
  const auto head = std::to_string(now.size()) + " actors, " + count(messages) + " messages/s, " + formatted("%.1f", work * 100) +
                    " % of one processor in handlers; times in microseconds";
  return cut_to(head, width) + "\n" + table(rows, width);
}

std::string actor_detail(const actor_figures& a) {
  std::string out;
  const auto line = [&](const std::string& what, const std::string& value) {
    if (!value.empty()) out += what + std::string(what.size() < 22 ? 22 - what.size() : 1, ' ') + printable(value) + "\n";
  };
  line("name", a.name);
  line("kind", a.kind);
  line("parent", a.parent);
  line("node", a.node);
  line("id", std::to_string(a.id));
  line("thread", a.thread == "own" ? "its own: it may block" : a.thread);
  line("policy", a.policy);
  line("state", a.state);
  line("since", a.since.empty() ? "" : a.since + ", " + formatted("%.1f", a.up_s) + " s ago");
  line("handles now", a.message.empty() ? "nothing" : a.message + ", for " + formatted("%.1f", a.busy_ms) + " ms");
  line("queue", count(a.queue_depth) + ", at most " + count(a.queue_depth_max) + " so far");
  line("requests in flight", count(a.in_flight));
  line("memory", bytes(a.memory_bytes));
  line("processed", count(a.processed) + " messages in " + formatted("%.3f", a.service_s) + " s of work");
  const auto times = [](double p50, double p95, double p99, double p999) {
    return "p50 " + microseconds(p50) + ", p95 " + microseconds(p95) + ", p99 " + microseconds(p99) + ", p99.9 " + microseconds(p999) + " us";
  };
  line("service time", times(a.p50_us, a.p95_us, a.p99_us, a.p999_us));
  line("latency", times(a.latency_p50_us, a.latency_p95_us, a.latency_p99_us, a.latency_p999_us));
  line("slow handlers", count(a.slow));
  line("refused, conflated", count(a.refused) + ", " + count(a.conflated));
  if (a.feed_lag_events) line("feed lag", count(*a.feed_lag_events) + " events");
  line("errors", count(a.errors));
  line("last error", a.last_error);
  line("restarts", count(a.restarts));
  for (const auto& n : a.restart_notes) line("  " + n.at, n.reason);
  return out;
}

std::string flow_table(const std::vector<actors::message_flow>& flows) {
  std::size_t from = 4, to = 2, message = 7;
  for (const auto& f : flows) {
    from = std::max(from, columns_of(printable(f.from)));
    to = std::max(to, columns_of(printable(f.to)));
    message = std::max(message, columns_of(printable(f.message)));
  }
  const auto padded = [](std::string text, std::size_t width) { return text + std::string(width > columns_of(text) ? width - columns_of(text) : 0, ' '); };
  std::string out = padded("from", from) + "  " + padded("to", to) + "  " + padded("message", message) + "      count\n";
  for (const auto& f : flows) {
    const auto n = count(f.count);
    out += padded(f.from.empty() ? "-" : printable(f.from), from) + "  " + padded(printable(f.to), to) + "  " + padded(printable(f.message), message) + "  " +
           std::string(n.size() < 9 ? 9 - n.size() : 0, ' ') + n + "\n";
  }
  return out;
}

}  // namespace tomnext::api
