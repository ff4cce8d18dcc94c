#include "actors/replay/bars.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "actors/replay/kernel.hpp"
#include "actors/replay/quotes_ahead.hpp"
#include "domain/data_pipeline/aggregator.hpp"

namespace tomnext::replay {
namespace {


/// Takes the place of a log, and hands bars on.
class bar_listener {
 public:
  explicit bar_listener(const bar_consumer& take) : take_(take) {}
  void begin_reaction() {}
  template <class E> void append(const header& h, const E& e) {
    if constexpr (std::is_same_v<E, bar_closed>)
      if (h.host.value >= first_composed_host && began(e) && outcome_) outcome_ = take_(e);
  }
  /// Bars that open later are none of the data's.
  void opened_until(timestamp t) { until_ = t; }
  [[nodiscard]] const result<void>& outcome() const { return outcome_; }

 private:
  // A left-open bar that opens where the data end has no instant of them.
  [[nodiscard]] bool began(const bar_closed& e) const { return e.opened_at < until_ || (e.interval == bar_interval::right_open && e.opened_at == until_); }
  const bar_consumer& take_;
  result<void> outcome_;
  timestamp until_{INT64_MAX};
};

struct parts {
  std::array<std::string, 10> values;
  static constexpr std::array<const char*, 10> names{"instrument", "bars", "time", "opened", "closed", "open", "high", "low", "close", "ticks"};
};

parts parts_of(const bar_closed& b, const config::deployment& d) {
  const auto& i = d.instruments[b.instrument.value - 1];
  const unsigned decimals = i.price_precision + (b.from == price_side::mid ? 1 : 0);
  return {{std::string(i.symbol.view()), to_string(b.spec()), to_string(b.stamped()), to_string(b.opened_at), to_string(b.closed_at),
           b.open.to_string(decimals), b.high.to_string(decimals), b.low.to_string(decimals), b.close.to_string(decimals), std::to_string(b.ticks)}};
}

}  // namespace

result<feed_figures> build_bars(const config::deployment& d, const std::vector<bar_spec>& specs, open_bars at_end, const bar_consumer& take,
                                const progress& on_progress) {
  bar_listener listener(take);
  kernel<bar_listener> k(listener);
  std::uint32_t next = first_composed_host;
  for (const auto& i : d.instruments) {
    data_pipeline::aggregator_configuration c{i.instrument, specs, d.bars_without_updates, true};
    TOMNEXT_TRY(data_pipeline::validate(c));
    const host_id id{next++};
    using data_pipeline::aggregator;
    k.add({id, "data_pipeline/aggregator:" + std::string(i.symbol.view()), aggregator::service, aggregator::version, aggregator::state_version,
           i.instrument.value},
          aggregator(id, std::move(c)));
  }
  auto feed = open_quotes_ahead(feed_of(d));
  if (!feed) return feed.error();
  TOMNEXT_TRY(for_each_batch(**feed, on_progress, [&](std::span<const judged_quote> batch) -> result<bool> {
    for (const auto& q : batch)
      if (const auto* accepted = q.accepted()) k.quote(*accepted);
    if (k.failure()) return *k.failure();
    if (!listener.outcome()) return listener.outcome().error();
    return true;
  }));
  k.end_of_data();
  if (at_end == open_bars::told) {
    std::int64_t longest_s = 0;
    for (const auto& s : specs) longest_s = std::max<std::int64_t>(longest_s, s.step_s);
    listener.opened_until(k.now());
    k.pass(k.now() + longest_s * second_ns);
  }
  if (k.failure()) return *k.failure();
  if (!listener.outcome()) return listener.outcome().error();
  return (*feed)->figures();
}

std::string bars_csv_header() {
  std::string line;
  for (const auto* name : parts::names) line += (line.empty() ? "" : ",") + std::string(name);
  return line + '\n';
}

std::string to_csv_line(const bar_closed& b, const config::deployment& d) {
  std::string line;
  for (const auto& value : parts_of(b, d).values) line += (line.empty() ? "" : ",") + value;
  return line + '\n';
}

std::string to_json_line(const bar_closed& b, const config::deployment& d) {
  nlohmann::ordered_json j;
  const auto p = parts_of(b, d);
  for (std::size_t i = 0; i + 1 < parts::names.size(); ++i) j[parts::names[i]] = p.values[i];
  j["ticks"] = b.ticks;
  return j.dump() + '\n';
}

}  // namespace tomnext::replay
