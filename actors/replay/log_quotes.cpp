#include "actors/replay/log_quotes.hpp"

#include <algorithm>
#include <array>

#include "actors/replay/read_ahead.hpp"
#include "persistence/prefetch.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::replay {
namespace {

using persistence::quote_row;

class log_reader final : public log_quote_reader {
 public:
  log_reader(std::unique_ptr<persistence::event_log> log, std::string directory, const std::vector<instrument_defined>& instruments)
      : log_(std::move(log)), directory_(std::move(directory)), instruments_(instruments) {}
  result<void> begin(log_reading how) {
    if (how == log_reading::ahead) {
      auto ahead = read_ahead::begin(*log_, 1);
      if (!ahead) return ahead.error();
      ahead_ = std::move(*ahead);
      return {};
    }
    auto scan = log_->scan(1);
    if (!scan) return scan.error();
    scan_ = std::move(*scan);
    return {};
  }

  result<bool> next(quote_row& row) override {
    for (;;) {
      if (!group_ || next_ == group_->events.size()) {
        auto g = ahead_ ? ahead_->next() : scan_->next();
        if (!g) return g.error();
        if (!*g) return false;
        group_ = std::move(*g);
        next_ = 0;
      }
      persistence::prefetch_behind(group_->events, next_);
      const event& e = group_->events[next_++];
      if (const auto* i = e.get_if<instrument_defined>()) define(*i);
      else if (const auto* q = e.get_if<quote_accepted>()) return take(e, *q, row);
      else if (const auto* r = e.get_if<quote_rejected>()) return take(e, *r, row);
    }
  }
  instrument_id instrument() const override { return instrument_; }
  std::string place() const override { return !has_place_ ? directory_ + ":event " + std::to_string(seq_) : std::string(place_.view()); }
  const std::string& complaint() const override { return complaint_; }

 private:
  struct known {
    instrument_id here;
    short_text symbol;
  };

  void define(const instrument_defined& i) {
    auto same = std::find_if(instruments_.begin(), instruments_.end(), [&](const auto& x) { return x.symbol == i.symbol; });
    ids_[i.instrument.value % instruments_max] = {same == instruments_.end() ? instrument_id{} : same->instrument, i.symbol};
  }
  result<void> meet(const event& e, instrument_id there) {
    seq_ = e.head.seq;
    const auto& k = ids_[there.value % instruments_max];
    if (!k.here)
      return error(errc::unknown_instrument, directory_ + ": event " + std::to_string(seq_) + " is a quote of " +
                                                 (k.symbol.empty() ? "an instrument that the log does not define" : std::string(k.symbol.view())) +
                                                 "; name it under `instruments`");
    instrument_ = k.here;
    return {};
  }
  result<bool> take(const event& e, const quote_accepted& q, quote_row& row) {
    TOMNEXT_TRY(meet(e, q.instrument));
    has_place_ = false;
    newest_ = std::max(newest_, q.source_time);
    row = {q.source_time, q.bid, q.ask, q.bid_size, q.ask_size, quote_rejection::none};
    return true;
  }
  // It was rejected when it was imported, and stays so. Its own time may lie before its neighbours', and a merge needs them in order.
  result<bool> take(const event& e, const quote_rejected& r, quote_row& row) {
    TOMNEXT_TRY(meet(e, r.instrument));
    has_place_ = !r.place.empty();
    place_ = r.place;
    newest_ = std::max(newest_, r.source_time);
    row = {newest_, r.bid, r.ask, {}, {}, r.reason};
    complaint_ = place() + ": rejected when it was imported";
    return true;
  }

  std::unique_ptr<persistence::event_log> log_;
  // One of the two; they go before the log that they read.
  std::unique_ptr<persistence::log_scan> scan_;
  std::unique_ptr<read_ahead> ahead_;
  std::string directory_;
  std::vector<instrument_defined> instruments_;
  std::array<known, instruments_max> ids_{};  // by the log's own numbers
  persistence::group_ref group_;
  std::size_t next_ = 0;
  std::uint64_t seq_ = 0;
  instrument_id instrument_;
  bool has_place_ = false;
  text place_;
  timestamp newest_{INT64_MIN};
  std::string complaint_;
};

void add(const persistence::group& g, persistence::time_span& span) {
  for (const auto& e : g.events)
    if (const auto* q = e.get_if<quote_accepted>()) span.add(q->source_time);
}

}  // namespace

result<std::unique_ptr<log_quote_reader>> open_log_quotes(const std::string& directory, const std::vector<instrument_defined>& instruments, log_reading how) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) return log.error();
  auto reader = std::make_unique<log_reader>(std::move(*log), directory, instruments);
  TOMNEXT_TRY(reader->begin(how));
  return std::unique_ptr<log_quote_reader>(std::move(reader));
}

result<persistence::time_span> log_quotes_span(const std::string& directory) {
  auto log = persistence::open_log_for_reading(directory);
  if (!log) return log.error();
  persistence::time_span span;
  // The first quotes from the front, the last from the back: a log is in the order of its times.
  auto front = (*log)->scan(1);
  if (!front) return front.error();
  while (span.empty()) {
    auto g = (*front)->next();
    if (!g) return g.error();
    if (!*g) return span;
    add(**g, span);
  }
  const auto head = (*log)->head().seq;
  persistence::time_span tail;
  for (std::uint64_t reach = 1'024; tail.empty(); reach *= 16) {
    const auto from = head > reach ? head - reach : 1;
    auto back = (*log)->scan(from);
    if (!back) return back.error();
    for (;;) {
      auto g = (*back)->next();
      if (!g) return g.error();
      if (!*g) break;
      add(**g, tail);
    }
    if (from == 1) break;
  }
  span.last = std::max(span.last, tail.last);
  return span;
}

}  // namespace tomnext::replay
