#include "actors/replay/run_report.hpp"

#include <algorithm>

#include "config/loader.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/files.hpp"

namespace tomnext::replay {

std::vector<std::string> comparison_settings(const config::deployment& d) {
  std::vector<std::string> all;
  if (d.quality.flagged_quotes_trade) all.emplace_back("Quotes that are flagged as spikes or crossed fill orders too (quality.flagged_quotes_trade).");
  if (std::any_of(d.data.begin(), d.data.end(), [](const auto& source) { return source.bars_as_feed; }))
    all.emplace_back("Bars are the feed: orders fill at the quotes of the minute before what strategies see, which is a look ahead (data[].as: bars_as_feed).");
  if (d.financing.method == financing_method::compat) all.emplace_back("Financing is the comparison's, and financially wrong (portfolio.financing: compat).");
  return all;
}

result<run_report> report_of(run_history history, std::string configuration) {
  run_report r;
  std::vector<statistics::trade> trades;
  trades.reserve(history.trades.size());
  for (const auto& t : history.trades) trades.push_back(t.figures);
  auto figures = statistics::statistics_of({history.equity, trades, history.boundaries()});
  if (!figures) return figures.error().within("statistics");
  r.statistics = std::move(*figures);
  r.history = std::move(history);
  r.configuration = std::move(configuration);
  return r;
}

result<run_report> report_of_log(const persistence::event_log& log, const std::string& directory, const std::function<bool(std::uint64_t)>& on_progress) {
  auto history = history_of(log, on_progress);
  if (!history) return history.error().within(directory);
  std::string text;
  if (history->configuration) {
    auto stored = persistence::content_store(directory).get(*history->configuration);
    if (!stored) return stored.error().within(directory + ": the configuration");
    text = std::move(*stored);
  }
  auto r = report_of(std::move(*history), std::move(text));
  if (!r) return r.error().within(directory);
  if (r->configuration.empty()) return r;
  // A log of an earlier build may have settings that this one refuses: then its text is shown, and the banner says that nobody looked.
  const auto d = config::load_text(r->configuration, "configuration of " + directory, directory, {});
  if (d) r->comparison = comparison_settings(*d);
  else r->comparison.emplace_back("This build cannot read the configuration (" + d.error().message + "): whether it is one for comparisons is not known.");
  return r;
}

void report_builder::take(const persistence::group& g) {
  epoch_ = g.epoch;
  for (const auto& e : g.events) {
    if (failure_) return;
    if (auto taken = fold_.take(e); !taken) failure_ = taken.error();
  }
}

result<run_report> report_builder::finish(const config::deployment& d, const backtest_report& b) {
  if (failure_) return *failure_;
  const auto hash = persistence::parse_hash(b.head_hash);
  if (!hash) return hash.error();
  auto history = fold_.finish({b.events, epoch_, *hash});
  if (!history) return history.error();
  auto r = report_of(std::move(*history), d.source_text);
  if (!r) return r;
  r->comparison = comparison_settings(d);
  r->state_hash = b.state_hash;
  return r;
}

result<void> write_html(const run_report& r, const std::string& file) { return persistence::write_durably(file, to_html(r)); }

result<void> write_csv(const run_report& r, const std::string& folder) {
  TOMNEXT_TRY(persistence::make_folder(folder));
  for (const auto& f : to_csv_files(r)) TOMNEXT_TRY(persistence::write_durably(folder + "/" + f.name, f.text));
  return {};
}

}  // namespace tomnext::replay
