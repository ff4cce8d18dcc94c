// The simulated venue as a host: it keeps one book of working orders per instrument, and shows it quotes, or bars, as its profile says.
#pragma once
#include <array>
#include <map>

#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"
#include "domain/orders/id_set.hpp"
#include "domain/venue/bar_builder.hpp"
#include "domain/venue/next_bar_open.hpp"
#include "domain/venue/top_of_book.hpp"

namespace tomnext::venue {

enum class venue_profile : std::uint8_t { top_of_book = 0, next_bar_open = 1 };

struct venue_configuration {
  bool flagged_quotes_fill{};  ///< comparison mode: crossed or spiking quotes fill too
  venue_profile profile{};
  position_mode positions{};
  bar_rules bars;                                   ///< next_bar_open
  std::array<bar_spec, instruments_max> bars_of{};  ///< next_bar_open: the bars on which an instrument's orders are worked; step 0: none trades it
  market_models models;
};

/// One venue with the books of all instruments; what a book does is in order_book.hpp, and in the header of each profile.
///
/// A client order id is taken once; a second order under it is refused, for ever (see orders::id_set for how that stays bounded).
/// In next_bar_open orders are worked when a bar has closed, before anybody else sees it: the venue builds the bars from the quotes itself, and its timer is the
/// first of its instant. What has been sent after the source has ended is answered on the last bar.
class venue_host {
 public:
  static constexpr const char* service = "trading_gateway";
  static constexpr std::uint32_t version = 2;
  static constexpr std::uint32_t state_version = 2;
  using inputs = type_list<instrument_defined, quote_accepted, send_started, timer_fired, trading_day_rolled, source_state_changed>;
  using outputs = type_list<venue_order_reported, timer_armed>;
  /// A venue must not hear of an order whose client order id could still be lost: it gets it when it is durable.
  using durable_inputs = type_list<send_started>;

  venue_host(host_id self, venue_configuration configuration) : self_(self), configuration_(configuration) {}

  void apply(const header&, const instrument_defined& e);
  void apply(const header& h, const quote_accepted& e) {
    begin();
    if (e.instrument.value >= instruments_max || (e.flags != 0 && !configuration_.flagged_quotes_fill)) return;
    auto& m = markets_[e.instrument.value];
    m.bid = e.bid;
    m.ask = e.ask;
    m.bid_size = e.bid_size;
    m.ask_size = e.ask_size;
    if (m.book.size() > 0 || by_bars()) [[unlikely]]
      show(m, e, h.at);
  }
  void apply(const header& h, const send_started& e);
  void apply(const header& h, const timer_fired& e);
  void apply(const header& h, const trading_day_rolled& e);
  void apply(const header& h, const source_state_changed& e);
  // its own outputs
  void apply(const header&, const venue_order_reported& e);
  void apply(const header&, const timer_armed& e);

  void decide(const header&, const quote_accepted& e, outbox& out) const {
    if (bar_opened_ || !said_.empty()) [[unlikely]]
      answer_quote(e, out);
  }
  void decide(const header&, const send_started&, outbox& out) const { tell(out); }
  void decide(const header&, const timer_fired&, outbox& out) const { tell(out); }
  void decide(const header&, const trading_day_rolled&, outbox& out) const { tell(out); }
  void decide(const header&, const source_state_changed&, outbox& out) const { tell(out); }

  /// False while no order rests and no bar is built: then only the newest quote of each instrument matters.
  [[nodiscard]] bool waits_for_quotes() const { return by_bars() || !orders_.empty(); }

  template <class Archive> void archive(Archive& a) { a(markets_, taken_, orders_, next_venue_order_, next_execution_, ended_); }

 private:
  struct market {
    price bid, ask;
    quantity bid_size, ask_size;
    quantity displayed;  // of the instrument
    price step;
    quantity quantity_step;
    order_book book;
    bar_builder bar;
    [[nodiscard]] bool known() const { return step.value > 0; }
    template <class Archive> void archive(Archive& a) { a(bid, ask, bid_size, ask_size, displayed, step, quantity_step, book, bar); }
  };
  [[nodiscard]] bool by_bars() const { return configuration_.profile == venue_profile::next_bar_open; }
  [[nodiscard]] book_rules rules_of(const market& m) const;
  [[nodiscard]] top_view top_of(const market& m, timestamp at) const;
  void send(market& m, const send_started& e, timestamp at);
  void begin() {
    said_.clear();
    bar_opened_ = false;
  }
  void show(market& m, const quote_accepted& e, timestamp at);
  void answer_quote(const quote_accepted& e, outbox& out) const;
  void collect(instrument_id instrument, market& m);
  void tell(outbox& out) const;

  struct said {
    instrument_id instrument;
    answer what;
  };

  host_id self_;
  venue_configuration configuration_;
  std::array<market, instruments_max> markets_{};
  orders::id_set taken_;
  std::map<order_id, std::uint64_t> orders_;  // working ones, by the venue's own number
  std::uint64_t next_venue_order_ = 1;
  std::uint64_t next_execution_ = 1;
  bool ended_ = false;  // the source has
  // Between apply and decide of one input only: nothing to archive.
  std::vector<said> said_;
  bool bar_opened_ = false;
};

}  // namespace tomnext::venue
