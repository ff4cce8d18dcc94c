// A report as one page that carries all it needs.
#include <fmt/format.h>

#include "actors/replay/digits.hpp"
#include "actors/replay/html_charts.hpp"
#include "actors/replay/html_style.hpp"
#include "actors/replay/html_tables.hpp"
#include "actors/replay/html_text.hpp"
#include "actors/replay/run_report.hpp"
#include "actors/replay/svg_chart.hpp"
#include "domain/base/words.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::replay {
namespace {

using namespace html;

/// Longer configurations are cut, and say so: their hash names the whole.
constexpr std::size_t configuration_bytes_max = 200'000;
constexpr std::size_t instruments_named_max = 6;

std::string kind_of(const run_history& h) {
  switch (h.purpose) {
    case log_purpose::backtest: return "Back-test";
    case log_purpose::live: return "Trading account";
    case log_purpose::fork: return "Fork";
    case log_purpose::market_data: break;
  }
  return "Run";
}

std::string instruments_of(const run_history& h) {
  std::string all;
  std::size_t named = 0;
  for (const auto& [id, i] : h.instruments) {
    if (named++ == instruments_named_max) return all + fmt::format(" and {} more", h.instruments.size() - instruments_named_max);
    all += (all.empty() ? "" : ", ") + std::string(i.terms.symbol.view());
  }
  return all;
}

std::string title_of(const run_history& h) {
  return fmt::format("{} of {}, {} to {}", kind_of(h), instruments_of(h), to_string(h.first).substr(0, 10), to_string(h.last).substr(0, 10));
}

std::string strategies_of(const run_history& h) {
  std::string all;
  for (const auto& [id, s] : h.strategies) all += (all.empty() ? "" : ", ") + s.name + " (" + s.kind + ")";
  return all.empty() ? "no strategy" : all;
}

std::string banners(const run_report& r) {
  std::string out;
  if (!r.comparison.empty()) {
    out += "<div class=\"alarm\" role=\"note\"><strong>A comparison, no forecast</strong>";
    for (const auto& c : r.comparison) out += "<p>" + escaped(c) + "</p>";
    out += "</div>\n";
  }
  if (r.statistics.total.used_up)
    out += "<div class=\"alarm\" role=\"note\"><strong>The equity was used up</strong><p>Returns and draw-downs are those of the days until then.</p></div>\n";
  if (!r.history.open_positions.empty())
    out += fmt::format("<div class=\"note\">{} still open at the end: what they are worth is in the equity, and in no trade and not in the balance.</div>\n",
                       r.history.open_positions.size() == 1 ? "One position was" : grouped(r.history.open_positions.size()) + " positions were");
  if (r.history.equity_thinned) out += "<div class=\"note\">The equity curve has more points than a report keeps: within days, only extremes are left.</div>\n";
  return out;
}

std::string section(std::string_view id, std::string_view name, const std::string& content) {
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\"><h2 id=\"{0}-h\">{1}</h2>\n{2}</section>\n", id, name, content);
}

std::string provenance(const run_report& r) {
  const auto& h = r.history;
  std::string out = "<table><caption>What this was made from</caption><tbody>";
  const auto row = [&](std::string_view name, const std::string& value) {
    out += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"text\">{}</td></tr>", name, value);
  };
  row("Head hash", "<code>" + persistence::to_hex(h.head.chain_hash) + "</code>");
  row("Events", grouped(h.head.seq));
  row("State hash",
      r.state_hash ? fmt::format("<code>{:016x}</code>", *r.state_hash) : absent("only the run itself knows it; tomnext state folds it from a log"));
  row("Configuration hash", h.configuration ? "<code>" + persistence::to_hex(*h.configuration) + "</code>" : absent("the log names none"));
  row("Made by", escaped(h.made_by));
  row("Time-zone data", escaped(h.tzdata_version));
  return out + "</tbody></table>\n";
}

std::string configuration(const run_report& r) {
  if (r.configuration.empty()) return "<p class=\"quiet\">The log names no configuration.</p>\n";
  const bool cut = r.configuration.size() > configuration_bytes_max;
  std::string out = "<details><summary>Configuration</summary><pre>" + escaped(std::string_view(r.configuration).substr(0, configuration_bytes_max)) + "</pre>";
  if (cut) out += fmt::format("<p class=\"quiet\">Cut after {} of {} bytes.</p>", grouped(configuration_bytes_max), grouped(r.configuration.size()));
  return out + "</details>\n";
}

constexpr const char* conventions =
    "<p class=\"quiet\">Times are UTC; a trading day ends at 17:00 New York. Returns are daily and time-weighted, money paid in or out removed; yearly figures "
    "take "
    "252 days, deviations are of the sample (n \u2212 1), the risk-free rate is 0. With fewer than 20 daily returns a measure is n/a, as it is where it would "
    "be no "
    "number. A trade is a position from its opening to its closing; its profit is after commission and financing. Excursions are profits before costs at the "
    "extremes of the "
    "quotes while a trade was open. All of it is folded from the events of the log that the head hash names.</p>\n";

}  // namespace

std::string to_html(const run_report& r) {
  const auto& h = r.history;
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  // Nothing is loaded and nothing runs, whatever a name in the data says.
  out +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:; base-uri "
      "&#39;none&#39;; form-action &#39;none&#39;\"/>\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n";
  out += "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"generator\" content=\"tomnext\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n";
  out += "<title>" + escaped(title_of(h)) + "</title>\n<style>" + std::string(style_sheet()) + "</style>\n</head>\n<body>\n" + chart_marks() + "\n<header>\n";
  out += "<h1>" + escaped(title_of(h)) + "</h1>\n";
  out += "<p class=\"quiet\">" + escaped(strategies_of(h)) + " \u2013 " + minute(h.first) + " to " + minute(h.last) + " UTC \u2013 head <code>" +
         persistence::to_hex(h.head.chain_hash).substr(0, 16) + "</code></p>\n";
  out +=
      "<nav aria-label=\"Contents\"><a href=\"#equity-s\">Equity</a><a href=\"#months\">Months</a><a href=\"#price\">Trades on the price</a><a "
      "href=\"#distribution\">Distribution</a><a href=\"#exposure-s\">Exposure</a><a href=\"#statistics\">Statistics</a><a href=\"#trades\">Trades</a><a "
      "href=\"#source\">Source</a></nav>\n</header>\n<main>\n";
  out += banners(r) + key_figures(r);
  out += section("equity-s", "Equity and draw-down", equity_chart(r) + drawdown_chart(r) + drawdown_table(r));
  out += section("months", "Months", monthly_table(r));
  out += section("price", "Trades on the price", price_charts(r));
  out += section("distribution", "Distribution", "<div class=\"two\">" + return_histogram(r) + profit_histogram(r) + "</div>\n");
  out += section("exposure-s", "Exposure", exposure_chart(r) + exposure_table(r));
  out += section("statistics", "Statistics", balance_table(r) + performance_tables(r) + trade_tables(r) + conventions);
  out += section("trades", "Trades", open_positions_table(r) + list_of_trades(r));
  out += section("source", "Source", provenance(r) + "<details><summary>Events by type</summary>" + event_counts(r) + "</details>\n" + configuration(r));
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace tomnext::replay
