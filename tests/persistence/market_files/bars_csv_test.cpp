#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "persistence/market_files/quote_reader.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::has_part;

namespace {

struct bars_file {
  explicit bars_file(const std::string& text) { std::ofstream(path) << text; }
  bars_file(const bars_file&) = delete;
  bars_file& operator=(const bars_file&) = delete;
  ~bars_file() { std::filesystem::remove(path); }
  std::string path = (std::filesystem::temp_directory_path() / ("tomnext-bars-" + std::to_string(::getpid()) + ".csv")).string();
};
struct outcome {
  std::vector<quote_row> rows;
  std::vector<std::string> complaints;
  std::optional<error> failure;
};

outcome read_all(const std::string& path, const bars_csv_format& format, bad_lines bad = bad_lines::stop) {
  outcome o;
  auto reader = open_bars_csv(path, format, bad);
  if (!reader) {
    o.failure = reader.error();
    return o;
  }
  for (quote_row row;;) {
    auto more = (*reader)->next(row);
    if (!more) o.failure = more.error();
    if (!more || !*more) return o;
    o.rows.push_back(row);
    if (row.refused != quote_rejection::none) o.complaints.push_back((*reader)->complaint());
  }
}
outcome read_text(const std::string& text, const bars_csv_format& format = {}, bad_lines bad = bad_lines::stop) {
  const bars_file file(text);
  return read_all(file.path, format, bad);
}
price at(const char* text) { return *price::parse(text); }
timestamp when(const char* text) { return *parse_timestamp(text); }

}  // namespace

TEST_CASE("bars: each bar becomes its four quotes before its close, bid and ask alike") {
  const auto o = read_text(",Open,High,Low,Close,Volume\n2017-04-19 09:00:00,1.0716,1.0722,1.07083,1.07219,1413\n");
  REQUIRE(o.rows.size() == 4);
  const char* prices[] = {"1.0716", "1.0722", "1.07083", "1.07219"};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(o.rows[i].bid == at(prices[i]));
    CHECK(o.rows[i].ask == o.rows[i].bid);
    CHECK(o.rows[i].time == when("2017-04-19T10:00:00Z") - (3 - static_cast<std::int64_t>(i)) * 100 * millisecond_ns);
  }
}

TEST_CASE("bars: points, a period, the file's own clock and stamps, days without a time") {
  bars_csv_format f;
  f.points = 100'000;
  f.step_s = 14'400;
  f.from = when("2015-01-02T08:00:00Z");
  f.until = when("2015-01-02T12:00:00Z");
  const std::string text =
      "Date,open,high,low,close,tick_volume\n2015-01-02 04:00:00,1,2,1,2,3\n"
      "2015-01-02 08:00:00,160102.0,160341.99999999997,160082.0,160322.0,5858\n2015-01-02 12:00:00,1,2,1,2,3\n";
  const auto o = read_text(text, f);
  REQUIRE(o.rows.size() == 4);
  CHECK(o.rows[1].bid == at("1.60342"));
  CHECK(o.rows[3].time == when("2015-01-02T12:00:00Z"));
  bars_csv_format closes;
  closes.stamp = bar_stamp::close;
  closes.utc_offset_minutes = 120;
  CHECK(read_text("time,open,high,low,close\n2015-01-02 08:00:00,1,1,1,1\n", closes).rows[3].time == when("2015-01-02T06:00:00Z"));
  bars_csv_format daily;
  daily.step_s = 86'400;
  CHECK(read_text("date,open,high,low,close\n2015-01-02,1,1,1,1\n", daily).rows[3].time == when("2015-01-03T00:00:00Z"));
  CHECK(read_text("date,open,high,low,close\n2015-01-02T08:00:00+01:00,1,1,1,1\n").rows[3].time == when("2015-01-02T08:00:00Z"));
}

TEST_CASE("bars: what is wrong is told with its place, and stops or is refused") {
  const std::string header = "date,open,high,low,close\n", good = "2015-01-02 08:00:00,1,1,1,1\n";
  struct row {
    std::string text;
    const char* why;
  };
  bars_csv_format points;
  points.points = 1'000;
  for (const auto& r :
       {row{header + "2015-01-02 08:00:00,1,1,1\n", "4 columns; the header has 5"}, row{header + "yesterday,1,1,1,1\n", "timestamp"},
        row{header + "2015-01-02 08:00:00,1,1,2,1\n", "do not hold open"}, row{header + "2015-01-02 08:30:00,1,1,1,1\n", "boundary of its step"},
        row{header + good + good, "is not after the one before it"}, row{header + "2015-01-02 08:00:00,1,x,1,1\n", "high"}}) {
    INFO(r.text);
    const auto stopped = read_text(r.text);
    REQUIRE(stopped.failure);
    CHECK_THAT(stopped.failure->message, has_part(r.why));
    CHECK_THAT(stopped.failure->message, has_part(".csv:"));
    const auto reported = read_text(r.text + "2015-01-02 09:00:00,1,1,1,1\n", {}, bad_lines::report);
    CHECK_FALSE(reported.failure);
    REQUIRE(reported.complaints.size() == 1);
    CHECK_THAT(reported.complaints[0], has_part(r.why));
    CHECK(reported.rows.back().refused == quote_rejection::none);
  }
  CHECK_THAT(read_text(header + "2015-01-02 08:00:00,1.5,2,1,2\n", points).failure->message, has_part("no whole number of points"));
  for (const char* bad : {"", "date,open,high,low\n", "date,time,open,high,low,close\n", "date,open,open,high,low,close\n"})
    CHECK_THAT(read_text(bad).failure->message, has_part("the header must name open, high, low, close"));
}

TEST_CASE("bars: a real file's span and count", "[shared]") {
  const auto file = tests::shared_data("market/ejtrader/GBPUSDh4-to2017.csv.gz");
  if (!file) {
    WARN("SKIPPED: no market/ejtrader beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  bars_csv_format f;
  f.points = 100'000;
  f.step_s = 14'400;
  f.from = when("2015-01-01T00:00:00Z");
  const auto o = read_all(*file, f);
  CHECK_FALSE(o.failure);
  CHECK(o.rows.size() == 4 * 4'663);
  const auto span = bars_csv_span(*file, f);
  REQUIRE(span);
  CHECK(span->first == o.rows.front().time);
  CHECK(span->last == o.rows.back().time);
  CHECK(span->last == when("2017-12-30T00:00:00Z"));
}
