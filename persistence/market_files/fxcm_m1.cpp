// FXCM one-minute bars: two files, joined minute by minute into quotes.
#include <algorithm>

#include "persistence/market_files/fields.hpp"
#include "persistence/market_files/line_reader.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::persistence {
namespace {

constexpr const char* fxcm_header = "the header must name timestamp, open, high, low, close";

/// One of the two files.
struct bar_file {
  std::unique_ptr<line_reader> lines;
  std::array<std::size_t, 5> column{};  // of timestamp, open, high, low, close
  std::size_t columns = 0;
  timestamp time;  // of the bar at hand
  std::array<price, 4> prices{};
  bool holds = false;  // a bar is at hand
  bool ended = false;
  bool any = false;
  timestamp newest;  // of all bars so far

  static result<bar_file> open(const std::string& path) {
    auto bytes = open_plain_or_gzip(path);
    if (!bytes) return bytes.error();
    bar_file f;
    f.lines = std::make_unique<line_reader>(std::move(*bytes), path);
    TOMNEXT_TRY(f.read_header());
    return f;
  }

  result<void> read_header() {
    std::string_view line;
    auto more = lines->next(line);
    if (!more) return more.error();
    if (!*more) return error(errc::unsupported_format, lines->path() + ": is empty; " + fxcm_header);
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const fields names(line);
    if (names.count > columns_max) return error(errc::unsupported_format, lines->place() + ": more than " + std::to_string(columns_max) + " columns");
    columns = names.count;
    static constexpr std::array<std::string_view, 5> wanted{"timestamp", "open", "high", "low", "close"};
    const auto end = names.at.begin() + static_cast<std::ptrdiff_t>(names.count);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = std::find(names.at.begin(), end, wanted[i]);
      if (found == end)
        return error(errc::unsupported_format, lines->place() + ": no column '" + std::string(wanted[i]) + "' in " + quoted(line) + "; " + fxcm_header);
      if (std::find(found + 1, end, wanted[i]) != end)
        return error(errc::unsupported_format, lines->place() + ": two columns '" + std::string(wanted[i]) + "'; " + fxcm_header);
      column[i] = static_cast<std::size_t>(found - names.at.begin());
    }
    return {};
  }

  /// Takes one line as the bar at hand, or says what is wrong with it.
  result<void> take(std::string_view line) {
    const fields f(line);
    if (f.count != columns)
      return error(errc::malformed_line, std::to_string(f.count) + " columns in " + quoted(line) + "; the header has " + std::to_string(columns));
    auto t = time_of(f.at[column[0]]);
    if (!t) return t.error();
    static constexpr std::array<const char*, 4> names{"open", "high", "low", "close"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto p = price_of(f.at[column[i + 1]], names[i]);
      if (!p) return p.error();
      prices[i] = *p;
    }
    const auto& [open, high, low, close] = prices;
    // What is not positive is refused as that, later.
    const bool positive = open.value > 0 && high.value > 0 && low.value > 0 && close.value > 0;
    if (positive && (high < std::max({open, low, close}) || low > std::min({open, close})))
      return error(errc::malformed_line, "high " + high.to_string() + " and low " + low.to_string() + " do not hold open " + open.to_string() + " and close " +
                                             close.to_string() + "; are the columns in the order that the header says?");
    time = *t;
    return {};
  }
};

class fxcm_reader final : public quote_reader {
 public:
  fxcm_reader(bar_file bid, bar_file ask, bar_stamp stamp, bad_lines bad, minute_form form)
      : bid_(std::move(bid)),
        ask_(std::move(ask)),
        to_close_ns_(stamp == bar_stamp::open ? minute_ns : 0),
        bad_(bad),
        bars_(form == minute_form::bar_and_quote) {}

  result<bool> next(quote_row& row) override {
    if (quote_ == 4) {
      auto more = join(row);
      if (!more || !*more || row.refused != quote_rejection::none) return more;
      quote_ = 0;
      if (bars_) return bar(row);
    }
    row.time = close_ - before_close_ns[quote_];
    row.bid = bids_[quote_];
    row.ask = asks_[quote_];
    row.bid_size = row.ask_size = {};
    row.refused = quote_rejection::none;
    row.is_bar = false;
    ++quote_;
    return true;
  }
  std::string place() const override { return newest_->lines->place(); }
  const std::string& complaint() const override { return complaint_; }

 private:
  // The minute's bids as one; of its quotes only the last will follow.
  bool bar(quote_row& row) {
    row = {};
    row.time = close_;
    row.is_bar = true;
    row.open = bids_[0];
    row.high = bids_[1];
    row.low = bids_[2];
    row.bid = bids_[3];
    quote_ = 3;
    return true;
  }
  // Until both files hold a bar of the same minute: then its quotes are ready. False at the end; a refused row where a line is bad.
  result<bool> join(quote_row& row) {
    row.refused = quote_rejection::none;
    for (auto* side : {&bid_, &ask_}) {
      if (side->holds || side->ended) continue;
      auto taken = advance(*side, row);
      if (!taken) return taken.error();
      if (row.refused != quote_rejection::none) return true;
    }
    if (bid_.ended && ask_.ended) return false;
    if (bid_.holds && ask_.holds && bid_.time == ask_.time) {
      close_ = bid_.time + to_close_ns_;
      bids_ = bid_.prices;
      asks_ = ask_.prices;
      bid_.holds = ask_.holds = false;
      newest_ = &bid_;
      return true;
    }
    auto& alone = !ask_.holds || (bid_.holds && bid_.time < ask_.time) ? bid_ : ask_;
    auto& other = &alone == &bid_ ? ask_ : bid_;
    alone.holds = false;
    close_ = alone.time + to_close_ns_;
    return refuse(
        alone, row, quote_rejection::malformed,
        error(errc::malformed_line, "minute " + to_string(alone.time) + " is missing in " + other.lines->path() + "; bid and ask need the same minutes"));
  }

  result<bool> advance(bar_file& f, quote_row& row) {
    std::string_view line;
    auto more = f.lines->next(line);
    if (!more) return more.error();
    if (!*more) {
      f.ended = true;
      return false;
    }
    auto taken = f.take(line);
    if (!taken) return refuse(f, row, quote_rejection::malformed, taken.error());
    if (f.any && f.time <= f.newest)
      return refuse(f, row, quote_rejection::time_backwards,
                    error(errc::malformed_line, "time " + to_string(f.time) + " is not after " + to_string(f.newest) + "; minutes must ascend, each once"));
    f.newest = f.time;
    f.any = f.holds = true;
    return true;
  }

  result<bool> refuse(bar_file& f, quote_row& row, quote_rejection why, const error& e) {
    newest_ = &f;
    auto placed = e.within(f.lines->place());
    if (bad_ == bad_lines::stop) return placed;
    complaint_ = std::move(placed.message);
    row = {};
    row.time = close_;
    row.refused = why;
    return true;
  }

  bar_file bid_, ask_;
  std::int64_t to_close_ns_;
  bad_lines bad_;
  bool bars_;
  std::size_t quote_ = 4;  // next of the minute at hand; 4: none is left
  timestamp close_;
  std::array<price, 4> bids_{}, asks_{};
  const bar_file* newest_ = &bid_;
  std::string complaint_;
};

result<void> add_span(const std::string& path, std::int64_t to_close_ns, time_span& span) {
  auto f = bar_file::open(path);
  if (!f) return f.error();
  std::string_view line;
  for (;;) {
    auto more = f->lines->next(line);
    if (!more) return more.error();
    if (!*more) return {};
    const fields all(line);
    if (all.count != f->columns) continue;  // the reader will tell what is wrong with it
    auto t = time_of(all.at[f->column[0]]);
    if (t) span.add(*t + to_close_ns);
  }
}

}  // namespace

result<std::unique_ptr<quote_reader>> open_fxcm_m1(const std::string& bid_file, const std::string& ask_file, bar_stamp stamp, bad_lines bad, minute_form form) {
  auto bid = bar_file::open(bid_file);
  if (!bid) return bid.error();
  auto ask = bar_file::open(ask_file);
  if (!ask) return ask.error();
  return std::unique_ptr<quote_reader>(std::make_unique<fxcm_reader>(std::move(*bid), std::move(*ask), stamp, bad, form));
}

result<time_span> fxcm_m1_span(const std::string& bid_file, const std::string& ask_file, bar_stamp stamp) {
  time_span span;
  const std::int64_t to_close_ns = stamp == bar_stamp::open ? minute_ns : 0;
  TOMNEXT_TRY(add_span(bid_file, to_close_ns, span));
  TOMNEXT_TRY(add_span(ask_file, to_close_ns, span));
  // The first of a minute's quotes; as bars nothing comes so early, which moves only the time of what is before all quotes.
  if (!span.empty()) span.first = span.first - before_close_ns[0];
  return span;
}

}  // namespace tomnext::persistence
