#include "actors/replay/quote_feed.hpp"

#include <algorithm>

#include "actors/replay/log_quotes.hpp"
#include "domain/data_pipeline/quote_judge.hpp"

namespace tomnext::replay {
namespace {

using persistence::quote_row;

/// One source with its next row, which the merge looks at.
struct source {
  std::unique_ptr<persistence::quote_reader> reader;
  const log_quote_reader* log = nullptr;  // where it is one: it tells the instrument of each row
  instrument_id instrument;
  quote_row row;
  bool has_row = false;

  result<void> advance() {
    auto more = reader->next(row);
    if (!more) return more.error();
    has_row = *more;
    if (has_row && log != nullptr) instrument = log->instrument();
    return {};
  }
};

persistence::bar_stamp stamp_of(const config::data_source& s) { return s.stamp == "close" ? persistence::bar_stamp::close : persistence::bar_stamp::open; }

persistence::bars_csv_format bars_format_of(const config::data_source& s) { return {s.step_s, stamp_of(s), s.points, s.utc_offset_minutes, s.from, s.until}; }

persistence::minute_form form_of(const config::data_source& s) {
  return s.bars_as_feed ? persistence::minute_form::bar_and_quote : persistence::minute_form::quotes;
}

result<void> check(const config::data_source& s, const std::vector<instrument_defined>& instruments) {
  if (!s.log.empty()) return {};
  if (s.format != "fxcm-m1" && s.format != "lean-tick" && s.format != "bars-csv")
    return error(errc::unsupported_format, "format '" + s.format + "' is none of: fxcm-m1, lean-tick, bars-csv");
  if (s.format == "fxcm-m1" && s.files.size() != 2)
    return error(errc::invalid_argument, "fxcm-m1 takes two files, the bids and the asks; given: " + std::to_string(s.files.size()));
  if (s.files.empty()) return error(errc::invalid_argument, "a source of quotes without files");
  if (s.instrument.value == 0 || s.instrument.value > instruments.size()) return error(errc::unknown_instrument, s.files.front() + ": for no known instrument");
  return {};
}

result<source> open_source(const config::data_source& s, const feed_settings& settings) {
  TOMNEXT_TRY(check(s, settings.instruments));
  source opened;
  opened.instrument = s.instrument;
  if (!s.log.empty()) {
    auto log = open_log_quotes(s.log, settings.instruments, settings.logs);
    if (!log) return log.error();
    opened.log = log->get();
    opened.reader = std::move(*log);
    return opened;
  }
  const auto bad = settings.quality.malformed == config::malformed_lines::reject ? persistence::bad_lines::report : persistence::bad_lines::stop;
  auto files = s.format == "fxcm-m1"    ? persistence::open_fxcm_m1(s.files[0], s.files[1], stamp_of(s), bad, form_of(s))
               : s.format == "bars-csv" ? persistence::open_bars_csv(s.files[0], bars_format_of(s), bad)
                                        : persistence::open_lean_ticks(s.files, s.utc_offset_minutes, bad);
  if (!files) return files.error();
  opened.reader = std::move(*files);
  return opened;
}

data_pipeline::judge_configuration judge_of(const feed_settings& s) {
  data_pipeline::judge_configuration c;
  c.spike_threshold = s.quality.spike_threshold;
  c.spike_window = s.quality.spike_window;
  for (const auto& i : s.instruments)
    if (i.instrument.value < instruments_max) c.price_step[i.instrument.value] = price{power_of_ten(price::scale - std::min(i.price_precision, price::scale))};
  return c;
}

const char* reason_of(quote_rejection r) {
  switch (r) {
    case quote_rejection::none: return "none";
    case quote_rejection::malformed: return "malformed";
    case quote_rejection::non_positive: return "a price is not positive";
    case quote_rejection::time_backwards: return "its time is before that of the instrument's last quote";
    case quote_rejection::duplicate: return "the same time and prices as the instrument's last quote";
  }
  return "";
}

/// The end of a place: its file's name and line matter more than the folders.
text shortened(const std::string& place) {
  std::string_view s = place;
  if (const auto slash = s.find_last_of('/'); slash != std::string_view::npos) s.remove_prefix(slash + 1);
  if (s.size() > text::capacity) s.remove_prefix(s.size() - text::capacity);
  while (!s.empty() && (static_cast<unsigned char>(s[0]) & 0xC0u) == 0x80u) s.remove_prefix(1);
  return s;
}

class merged_feed final : public quote_feed {
 public:
  merged_feed(std::vector<source> sources, const feed_settings& s)
      : sources_(std::move(sources)), instruments_(s.instruments), judge_(judge_of(s)), stops_(s.quality.malformed == config::malformed_lines::stop) {
    for (const auto& i : instruments_) steps_.push_back(power_of_ten(price::scale - std::min(i.price_precision, price::scale)));
  }

  result<void> start() {
    for (auto& s : sources_) TOMNEXT_TRY(s.advance());
    return {};
  }

  result<std::size_t> read(std::span<judged_quote> out) override {
    std::size_t n = 0;
    for (; n < out.size(); ++n) {
      source* s = earliest();
      if (s == nullptr) break;
      TOMNEXT_TRY(take(*s, out[n]));
      TOMNEXT_TRY(s->advance());
    }
    return n;
  }
  const feed_figures& figures() const override { return figures_; }
  const std::vector<std::string>& rejects() const override { return rejects_; }
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  // At one time the source that is listed first.
  source* earliest() {
    source* best = nullptr;
    for (auto& s : sources_)
      if (s.has_row && (best == nullptr || s.row.time < best->row.time)) best = &s;
    return best;
  }

  result<void> take(const source& s, judged_quote& out) {
    const quote_row& row = s.row;
    if (row.refused != quote_rejection::none) {
      reject(s, row.refused, s.reader->complaint(), out);
      return {};
    }
    if (is_too_fine(s)) [[unlikely]] {
      const auto finer = too_fine(s);
      if (stops_) return error(errc::malformed_line, s.reader->place() + ": " + finer);
      reject(s, quote_rejection::malformed, s.reader->place() + ": " + finer, out);
      return {};
    }
    if (row.is_bar) return take_bar(s, out);
    const auto verdict = judge_.judge(s.instrument, row.time, row.bid, row.ask);
    if (verdict.accepted) {
      accept(s, verdict.flags, out);
      return {};
    }
    if (verdict.reason == quote_rejection::non_positive && stops_)
      return error(errc::malformed_line, s.reader->place() + ": bid " + row.bid.to_string() + ", ask " + row.ask.to_string() +
                                             ": prices must be positive (quality.malformed_lines: reject records such lines and goes on)");
    reject(s, verdict.reason, s.reader->place() + ": " + reason_of(verdict.reason), out);
    return {};
  }

  // Prices finer than the instrument's step would fill a worse price a whole step away, which is no price of this market.
  [[nodiscard]] bool is_too_fine(const source& s) const {
    const auto step = steps_[s.instrument.value - 1];
    const auto& r = s.row;
    if (r.bid.value % step != 0 || r.ask.value % step != 0) return true;
    return r.is_bar && (r.open.value % step != 0 || r.high.value % step != 0 || r.low.value % step != 0);
  }
  [[nodiscard]] std::string too_fine(const source& s) const {
    const auto& i = instruments_[s.instrument.value - 1];
    return "bid " + s.row.bid.to_string() + ", ask " + s.row.ask.to_string() + ": more than the " + std::to_string(i.price_precision) + " decimals of " +
           std::string(i.symbol.view()) + "; raise instruments." + std::string(i.symbol.view()) + ".price_precision";
  }

  result<void> take_bar(const source& s, judged_quote& out) {
    const quote_row& row = s.row;
    if (row.low.value <= 0) {
      const std::string why = s.reader->place() + ": low " + row.low.to_string() + ": prices must be positive";
      if (stops_) return error(errc::malformed_line, why);
      reject(s, quote_rejection::non_positive, why, out);
      return {};
    }
    auto& told = out.is.emplace<told_bar>();
    told.bar = {s.instrument, 60, price_side::bid, row.time - minute_ns, row.time, row.open, row.high, row.low, row.bid, 1};
    told.position = ++position_;
    ++figures_.accepted;
    return {};
  }

  void accept(const source& s, std::uint32_t flags, judged_quote& out) {
    auto& q = out.is.emplace<quote_accepted>();
    q = {s.instrument, s.row.bid, s.row.ask, s.row.bid_size, s.row.ask_size, s.row.time, flags, ++position_};
    judge_.apply(q);
    ++figures_.accepted;
    if (flags == 0) return;
    ++figures_.flagged;
    figures_.crossed += (flags & quote_flag::crossed) != 0;
    figures_.locked += (flags & quote_flag::locked) != 0;
    figures_.spikes += (flags & quote_flag::spike) != 0;
  }

  void reject(const source& s, quote_rejection why, const std::string& reason, judged_quote& out) {
    auto& q = out.is.emplace<quote_rejected>();
    q = {s.instrument, why, s.row.bid, s.row.ask, s.row.time, ++position_, shortened(s.reader->place())};
    judge_.apply(q);
    ++figures_.rejected;
    if (rejects_.size() < reject_reasons_max) rejects_.push_back(reason);
  }

  std::vector<source> sources_;
  std::vector<instrument_defined> instruments_;  // index = id − 1
  std::vector<std::int64_t> steps_;              // of prices, likewise
  data_pipeline::quote_judge judge_;
  bool stops_;
  std::uint64_t position_ = 0;
  feed_figures figures_;
  std::vector<std::string> rejects_;
};

}  // namespace

result<std::unique_ptr<quote_feed>> open_feed(const feed_settings& s, std::uint64_t after_position) {
  std::vector<source> sources;
  for (const auto& x : s.sources) {
    auto opened = open_source(x, s);
    if (!opened) return opened.error();
    sources.push_back(std::move(*opened));
  }
  auto feed = std::make_unique<merged_feed>(std::move(sources), s);
  TOMNEXT_TRY(feed->start());
  std::vector<judged_quote> passed(512);
  while (feed->position() < after_position) {
    const auto n = std::min<std::uint64_t>(passed.size(), after_position - feed->position());
    auto read = feed->read({passed.data(), static_cast<std::size_t>(n)});
    if (!read) return read.error();
    if (*read == 0)
      return error(errc::file_truncated, "the sources hold " + std::to_string(feed->position()) + " quotes, but " + std::to_string(after_position) +
                                             " had been read of them: they are not the ones that this log was made from");
  }
  return std::unique_ptr<quote_feed>(std::move(feed));
}

feed_settings feed_of(const config::deployment& d) { return {d.data, d.instruments, d.quality}; }

result<std::unique_ptr<quote_feed>> open_feed(const config::deployment& d, std::uint64_t after_position) { return open_feed(feed_of(d), after_position); }

result<persistence::time_span> span_of(const std::vector<config::data_source>& sources) {
  persistence::time_span all;
  for (const auto& s : sources) {
    auto span = !s.log.empty()                                 ? log_quotes_span(s.log)
                : s.format == "bars-csv" && !s.files.empty()   ? persistence::bars_csv_span(s.files[0], bars_format_of(s))
                : s.format == "fxcm-m1" && s.files.size() == 2 ? persistence::fxcm_m1_span(s.files[0], s.files[1], stamp_of(s))
                                                               : persistence::lean_tick_span(s.files, s.utc_offset_minutes);
    if (!span) return span.error();
    if (span->empty()) continue;
    all.add(span->first);
    all.add(span->last);
  }
  return all;
}

}  // namespace tomnext::replay
