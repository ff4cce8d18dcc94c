// Bars of any step in one CSV file, of one price: each bar becomes four quotes without a spread.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "persistence/market_files/fields.hpp"
#include "persistence/market_files/line_reader.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::persistence {
namespace {

constexpr const char* bars_header = "the header must name open, high, low, close, and a time as date, time, datetime or timestamp, or in a column without name";

std::string lower(std::string_view s) {
  std::string t(s);
  for (auto& c : t) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return t;
}

// "2017-04-19 09:00:00" and "2017-04-19" in the file's clock, or ISO 8601 with a zone of its own.
result<timestamp> local_time_of(std::string_view text, std::int32_t utc_offset_minutes) {
  const bool day = text.size() == 10, second = text.size() == 19;
  if (!day && !second) return time_of(text);
  auto t = parse_timestamp(std::string(text) + (day ? "T00:00:00Z" : "Z"));
  if (!t) return error(errc::malformed_line, "time: " + t.error().message);
  return *t - utc_offset_minutes * minute_ns;
}

// Some files hold points as doubles with their dust: 160341.99999999997.
result<price> points_of(std::string_view text, std::string_view what, std::int64_t points) {
  if (points == 1) return price_of(text, what);
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const double whole = std::round(value);
  if (failed != std::errc{} || end != text.data() + text.size() || !(std::fabs(whole) < 1e12) || std::fabs(value - whole) > 1e-6)
    return error(errc::malformed_line, std::string(what) + ": '" + std::string(text.substr(0, 40)) + "' is no whole number of points");
  return price{static_cast<std::int64_t>(whole) * (price::one / points)};
}

class bars_reader final : public quote_reader {
 public:
  bars_reader(std::unique_ptr<line_reader> lines, const bars_csv_format& format, bad_lines bad) : lines_(std::move(lines)), format_(format), bad_(bad) {}

  result<void> read_header() {
    std::string_view line;
    auto more = lines_->next(line);
    if (!more) return more.error();
    if (!*more) return error(errc::unsupported_format, lines_->path() + ": is empty; " + bars_header);
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const fields names(line);
    if (names.count > columns_max) return error(errc::unsupported_format, lines_->place() + ": more than " + std::to_string(columns_max) + " columns");
    columns_ = names.count;
    static constexpr std::array<std::string_view, 5> times{"", "date", "time", "datetime", "timestamp"};
    static constexpr std::array<std::string_view, 5> wanted{"", "open", "high", "low", "close"};
    std::array<int, 5> found{};
    for (std::size_t i = 0; i < columns_; ++i) {
      const auto name = lower(names.at[i]);
      for (std::size_t k = 0; k < wanted.size(); ++k)
        if (k == 0 ? std::find(times.begin(), times.end(), name) != times.end() : name == wanted[k]) {
          column_[k] = i;
          ++found[k];
        }
    }
    if (std::any_of(found.begin(), found.end(), [](int n) { return n != 1; }))
      return error(errc::unsupported_format, lines_->place() + ": " + bars_header + ", each once");
    return {};
  }

  result<bool> next(quote_row& row) override {
    row = {};
    if (quote_ == 4) {
      auto more = advance(row);
      if (!more || !*more || row.refused != quote_rejection::none) return more;
      quote_ = 0;
    }
    row.time = closes_ - before_close_ns[quote_];
    row.bid = row.ask = prices_[quote_++];
    return true;
  }
  std::string place() const override { return lines_->place(); }
  const std::string& complaint() const override { return complaint_; }

  /// The close of each bar, one after another; lines that cannot be read are the reader's to tell of.
  result<void> span(time_span& all) {
    quote_row row;
    for (;;) {
      auto more = advance(row);
      if (!more) return more.error();
      if (!*more) return {};
      if (row.refused != quote_rejection::none) {
        row = {};
        continue;
      }
      all.add(closes_ - before_close_ns[0]);
      all.add(closes_);
    }
  }

 private:
  // The next bar within the period that is asked for; false at the end.
  result<bool> advance(quote_row& row) {
    for (;;) {
      std::string_view line;
      auto more = lines_->next(line);
      if (!more || !*more) return more;
      auto taken = take(line);
      if (!taken) return refuse(row, quote_rejection::malformed, taken.error());
      if (any_ && closes_ <= newest_)
        return refuse(row, quote_rejection::time_backwards,
                      error(errc::malformed_line, "the bar that closes at " + to_string(closes_) + " is not after the one before it; bars must ascend"));
      newest_ = closes_;
      any_ = true;
      const timestamp opens = closes_ - format_.step_s * second_ns;
      if (opens >= format_.from && opens < format_.until) return true;
    }
  }

  result<void> take(std::string_view line) {
    const fields f(line);
    if (f.count != columns_) return error(errc::malformed_line, std::to_string(f.count) + " columns; the header has " + std::to_string(columns_));
    auto t = local_time_of(f.at[column_[0]], format_.utc_offset_minutes);
    if (!t) return t.error();
    static constexpr std::array<const char*, 4> names{"open", "high", "low", "close"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto p = points_of(f.at[column_[i + 1]], names[i], format_.points);
      if (!p) return p.error();
      prices_[i] = *p;
    }
    const auto& [open, high, low, close] = prices_;
    if (low.value > 0 && (high < std::max({open, low, close}) || low > std::min({open, close})))
      return error(errc::malformed_line,
                   "high " + high.to_string() + " and low " + low.to_string() + " do not hold open " + open.to_string() + " and close " + close.to_string());
    closes_ = format_.stamp == bar_stamp::open ? *t + format_.step_s * second_ns : *t;
    if (closes_.ns % (format_.step_s * second_ns) != 0)
      return error(errc::malformed_line, "the bar that closes at " + to_string(closes_) + " does not lie on a boundary of its step; is the step right?");
    return {};
  }

  result<bool> refuse(quote_row& row, quote_rejection why, const error& e) {
    auto placed = e.within(lines_->place());
    if (bad_ == bad_lines::stop) return placed;
    complaint_ = std::move(placed.message);
    row = {};
    row.time = newest_;
    row.refused = why;
    return true;
  }

  std::unique_ptr<line_reader> lines_;
  bars_csv_format format_;
  bad_lines bad_;
  std::array<std::size_t, 5> column_{};  // of time, open, high, low, close
  std::size_t columns_ = 0;
  std::size_t quote_ = 4;  // next of the bar at hand; 4: none is left
  std::array<price, 4> prices_{};
  timestamp closes_, newest_;
  bool any_ = false;
  std::string complaint_;
};

result<std::unique_ptr<bars_reader>> open_reader(const std::string& file, const bars_csv_format& format, bad_lines bad) {
  auto bytes = open_plain_or_gzip(file);
  if (!bytes) return bytes.error();
  auto reader = std::make_unique<bars_reader>(std::make_unique<line_reader>(std::move(*bytes), file), format, bad);
  TOMNEXT_TRY(reader->read_header());
  return reader;
}

}  // namespace

result<std::unique_ptr<quote_reader>> open_bars_csv(const std::string& file, const bars_csv_format& format, bad_lines bad) {
  auto reader = open_reader(file, format, bad);
  if (!reader) return reader.error();
  return std::unique_ptr<quote_reader>(std::move(*reader));
}

result<time_span> bars_csv_span(const std::string& file, const bars_csv_format& format) {
  auto reader = open_reader(file, format, bad_lines::report);
  if (!reader) return reader.error();
  time_span all;
  TOMNEXT_TRY((*reader)->span(all));
  return all;
}

}  // namespace tomnext::persistence
