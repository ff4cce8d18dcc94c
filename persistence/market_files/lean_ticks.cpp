// LEAN tick zips: one day each, milliseconds since local midnight.
#include <charconv>

#include "persistence/market_files/fields.hpp"
#include "persistence/market_files/line_reader.hpp"
#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::int64_t milliseconds_of_a_day = 86'400'000;

result<date> date_in_name(const std::string& path) {
  const auto slash = path.find_last_of('/');
  const std::string_view name = std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + std::min<std::size_t>(8, name.size()), number);
  const civil_date day{number / 10'000, static_cast<unsigned>(number / 100 % 100), static_cast<unsigned>(number % 100)};
  if (failed != std::errc{} || end != name.data() + 8 || day.year < 1900 || day.year > 2200 || !valid(day))
    return error(errc::unsupported_format, path + ": the file's name must begin with its date, such as 20140505_quote.zip");
  return date_of(day);
}

class lean_reader final : public quote_reader {
 public:
  lean_reader(std::vector<std::string> files, std::int64_t offset_ns, bad_lines bad) : files_(std::move(files)), offset_ns_(offset_ns), bad_(bad) {}

  result<bool> next(quote_row& row) override {
    std::string_view line;
    for (;;) {
      if (!lines_) {
        if (next_file_ == files_.size()) return false;
        TOMNEXT_TRY(open(files_[next_file_++]));
      }
      auto more = lines_->next(line);
      if (!more) return more.error();
      if (*more) break;
      if (next_file_ == files_.size()) return false;
      lines_.reset();
    }
    row = {};
    auto taken = take(line, row);
    if (!taken) return refuse(row, quote_rejection::malformed, taken.error());
    if (any_ && row.time < newest_)
      return refuse(row, quote_rejection::time_backwards,
                    error(errc::malformed_line, "time " + to_string(row.time) + " is before " + to_string(newest_) + "; times must not go backwards"));
    any_ = true;
    newest_ = row.time;
    return true;
  }
  std::string place() const override { return lines_ ? lines_->place() : std::string(); }
  const std::string& complaint() const override { return complaint_; }

 private:
  result<void> open(const std::string& path) {
    auto day = date_in_name(path);
    if (!day) return day.error();
    if (next_file_ > 1 && *day <= day_) return error(errc::unsupported_format, path + ": files must be given in the order of their dates, each once");
    day_ = *day;
    midnight_ = start_of(*day) - offset_ns_;
    auto bytes = open_zip(path);
    if (!bytes) return bytes.error();
    lines_ = std::make_unique<line_reader>(std::move(*bytes), path);
    return {};
  }

  result<void> take(std::string_view line, quote_row& row) const {
    const fields f(line);
    if (f.count != 3)
      return error(errc::malformed_line, std::to_string(f.count) + " columns in " + quoted(line) + "; there must be three: milliseconds, bid, ask");
    std::int64_t ms = -1;
    const auto text = f.at[0];
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (failed != std::errc{} || end != text.data() + text.size() || ms < 0 || ms >= milliseconds_of_a_day)
      return error(errc::malformed_line, "milliseconds: " + quoted(text) + " is not a whole number from 0 to 86399999");
    auto bid = price_of(f.at[1], "bid");
    if (!bid) return bid.error();
    auto ask = price_of(f.at[2], "ask");
    if (!ask) return ask.error();
    row.time = midnight_ + ms * millisecond_ns;
    row.bid = *bid;
    row.ask = *ask;
    return {};
  }

  result<bool> refuse(quote_row& row, quote_rejection why, const error& e) {
    auto placed = e.within(place());
    if (bad_ == bad_lines::stop) return placed;
    complaint_ = std::move(placed.message);
    row = {};
    row.time = any_ ? newest_ : midnight_;
    row.refused = why;
    return true;
  }

  std::vector<std::string> files_;
  std::int64_t offset_ns_;
  bad_lines bad_;
  std::size_t next_file_ = 0;
  std::unique_ptr<line_reader> lines_;
  date day_;
  timestamp midnight_;
  bool any_ = false;
  timestamp newest_;
  std::string complaint_;
};

}  // namespace

result<std::unique_ptr<quote_reader>> open_lean_ticks(const std::vector<std::string>& files, std::int32_t utc_offset_minutes, bad_lines bad) {
  // Names first, so that a wrong one is told before an hour of reading.
  for (const auto& f : files) TOMNEXT_TRY(date_in_name(f));
  return std::unique_ptr<quote_reader>(std::make_unique<lean_reader>(files, utc_offset_minutes * minute_ns, bad));
}

result<time_span> lean_tick_span(const std::vector<std::string>& files, std::int32_t utc_offset_minutes) {
  time_span span;
  for (const auto& f : files) {
    auto day = date_in_name(f);
    if (!day) return day.error();
    const timestamp midnight = start_of(*day) - utc_offset_minutes * minute_ns;
    span.add(midnight);
    span.add(midnight + (day_ns - 1));
  }
  return span;
}

}  // namespace tomnext::persistence
