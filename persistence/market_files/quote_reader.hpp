// What every reader of market files is: quotes one after another in the order of their time, each knowing where it stood.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/decimal.hpp"
#include "domain/base/market.hpp"
#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// A quote as its file tells it. Where `refused` is set, only `time` means anything: the file's last good time, or the line's own. Where `is_bar` is set it is
/// a minute's bar of bids, that closes at `bid`; there is no ask.
struct quote_row {
  timestamp time;
  price bid, ask;
  quantity bid_size, ask_size;  ///< 0: the format tells none
  quote_rejection refused = quote_rejection::none;
  bool is_bar = false;
  price open{}, high{}, low{};
};

/// The quotes made of one bar, in the order open, high, low, close, come so long before its close.
inline constexpr std::array<std::int64_t, 4> before_close_ns{300 * millisecond_ns, 200 * millisecond_ns, 100 * millisecond_ns, 0};

/// What a reader does with a line that it cannot use.
enum class bad_lines : std::uint8_t {
  stop,    ///< next() fails with file, line, what is wrong and what is allowed
  report,  ///< next() yields a refused row, and complaint() says the same
};

/// Times never go backwards, over all files of a reader. After an error nothing more is read.
/// Errors: errc::file_unreadable · file_truncated (compressed data that ends early or fails its checksum) · unsupported_format (header, name) ·
/// malformed_line. Damage to a file as a whole stops either way; `bad_lines` is about single lines.
class quote_reader {
 public:
  virtual ~quote_reader() = default;
  /// False at the end.
  virtual result<bool> next(quote_row& row) = 0;
  /// "file:line" of the newest row.
  [[nodiscard]] virtual std::string place() const = 0;
  /// Why the newest row was refused, with its place.
  [[nodiscard]] virtual const std::string& complaint() const = 0;
};

/// First and last time of a source, without judging its quotes; first > last where there is none.
struct time_span {
  timestamp first{INT64_MAX};
  timestamp last{INT64_MIN};
  [[nodiscard]] bool empty() const { return first > last; }
  void add(timestamp t) {
    first = std::min(first, t);
    last = std::max(last, t);
  }
};

/// A line is at most this long, and a decompressed file at most this large.
inline constexpr std::size_t line_bytes_max = 4'096;
inline constexpr std::uint64_t file_bytes_max = std::uint64_t{8} << 30;

using tomnext::bar_stamp;  // what the time of a file's bar names

/// What a minute becomes: four quotes; or, for comparisons, the bar of its bids and then its closing quote.
enum class minute_form : std::uint8_t { quotes, bar_and_quote };

/// FXCM one-minute bars, one file with the bids and one with the asks (.csv or .csv.gz), joined on the time stamp. The header names at least
/// timestamp, open, high, low, close; times are ISO 8601 with a zone. Each minute becomes four quotes, its open, high, low and close, at 300, 200, 100
/// and 0 ms before the minute's close; as bar_and_quote both come at its close. A minute that only one of the files has is a bad line.
result<std::unique_ptr<quote_reader>> open_fxcm_m1(const std::string& bid_file, const std::string& ask_file, bar_stamp stamp, bad_lines bad,
                                                   minute_form form = minute_form::quotes);
result<time_span> fxcm_m1_span(const std::string& bid_file, const std::string& ask_file, bar_stamp stamp);

/// How a CSV file of bars is to be read.
struct bars_csv_format {
  std::uint32_t step_s = 3'600;
  bar_stamp stamp = bar_stamp::open;
  std::int64_t points = 1;            ///< per unit of price, a power of ten; 1: the file has prices
  std::int32_t utc_offset_minutes{};  ///< the file's clock minus UTC, where its times name no zone
  timestamp from{INT64_MIN};          ///< bars that open before it are passed over
  timestamp until{INT64_MAX};         ///< bars that open from here on, too
};

/// Bars of one price (.csv or .csv.gz). The header names open, high, low and close, in any case, and a time as date, time, datetime or timestamp, or in a
/// column without a name; other columns are ignored. Each bar becomes four quotes, its open, high, low and close, bid and ask alike, at 300, 200, 100 and
/// 0 ms before its close. Bars lie on boundaries of their step since 1970 in UTC.
result<std::unique_ptr<quote_reader>> open_bars_csv(const std::string& file, const bars_csv_format& format, bad_lines bad);
result<time_span> bars_csv_span(const std::string& file, const bars_csv_format& format);

/// LEAN tick zips, each with one CSV of `milliseconds since local midnight,bid,ask`; the date is the first eight digits of the file's name. Files are
/// given in the order of their dates. Local time is UTC plus utc_offset_minutes, all year.
result<std::unique_ptr<quote_reader>> open_lean_ticks(const std::vector<std::string>& files, std::int32_t utc_offset_minutes, bad_lines bad);
/// From the names alone: the local days of the first and the last file.
result<time_span> lean_tick_span(const std::vector<std::string>& files, std::int32_t utc_offset_minutes);

}  // namespace tomnext::persistence
