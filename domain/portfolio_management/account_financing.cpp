// What an account does at a roll, and when rates or reports come later than it.
#include <algorithm>

#include "domain/portfolio_management/account_host.hpp"

namespace tomnext::portfolio_management {
namespace {

std::string named(instrument_id i) { return "instrument " + std::to_string(i.value); }

}  // namespace

// ---- at the roll -----------------------------------------------------------------------------------

result<void> account_host::finance(const header& h, const trading_day_rolled& e, amount& balance, outbox& out) const {
  const auto method = configuration_.financing.method;
  if (e.roll == roll_profile::comparison) return method == financing_method::compat ? compare(h, e, balance, out) : result<void>{};
  // Five rolls a week: nothing is traded for a Saturday or a Sunday.
  if (method == financing_method::compat || is_weekend(e.closed)) return {};
  std::map<instrument_id, std::vector<holding>> by_instrument;
  for (const auto& [id, x] : positions_)
    if (!x.position.flat() && financing_.rolls_with(x.instrument, e.roll)) by_instrument[x.instrument].emplace_back(id, &x);
  // The broker may know of positions that are not in these books.
  for (const auto& [key, reported] : financing_.all_reported()) {
    if (key.first > e.closed) break;
    if (!financing_.rolls_with(key.second, e.roll)) continue;
    if (key.first == e.closed) by_instrument.try_emplace(key.second);
    else TOMNEXT_TRY(correct(key.second, key.first, reported, balance, out));  // of a day that has no roll: a Saturday, say
  }
  for (const auto& [i, all] : by_instrument) TOMNEXT_TRY(finance_instrument(i, all, e, balance, out));
  return {};
}

result<void> account_host::finance_instrument(instrument_id i, const std::vector<holding>& all, const trading_day_rolled& e, amount& balance,
                                              outbox& out) const {
  const auto reported = financing_.reported(i, e.closed);
  if (!reported && configuration_.financing.method == financing_method::none) return {};
  const auto roll = financing_.roll_of(i, e.closed);
  if (!roll) return roll.error();
  const auto& book = rates_.at(i);
  financing_booked b;
  b.account = configuration_.account;
  b.instrument = i;
  b.day = e.closed;
  b.days = roll->days();
  b.value_date = roll->next_value_date;
  b.method = configuration_.financing.method;
  b.mark = book.bid.value > 0 && book.ask.value > 0 ? ledger::exact_mid(book.bid, book.ask) : price{};
  b.conversion_rate = price::whole(1);
  if (reported) return share_out(b, *reported, all, balance, out);
  const auto rates = financing_.rates(i, e.closed);
  for (const auto& [id, x] : all) {
    b.position = id;
    b.strategy = x->strategy;
    b.net = x->position.size();
    b.state = financing_state::booked;
    b.booked = {};
    if (rates) TOMNEXT_TRY(price_in(b, *rates));
    else if (b.days != 0) b.state = financing_state::deferred;
    if (financing_.deferred() + out.size() >= financing_desk::deferred_max)
      return error(errc::overloaded, "more than " + std::to_string(financing_desk::deferred_max) +
                                         " positions over a roll wait for swap rates; publish them, or set portfolio.financing: none");
    TOMNEXT_TRY(emit_booking(b, balance, out));
  }
  return {};
}

result<void> account_host::share_out(financing_booked like, amount reported, const std::vector<holding>& all, amount& balance, outbox& out) const {
  if (all.empty()) {
    like.state = financing_state::corrected;
    like.booked = reported;
    return emit_booking(like, balance, out);
  }
  const auto size_of = [](const holding& x) {
    return x.second->position.size().value < 0 ? -int128{x.second->position.size().value} : int128{x.second->position.size().value};
  };
  int128 total = 0, so_far = 0;
  for (const auto& x : all) total += size_of(x);
  std::int64_t shared = 0;
  for (const auto& x : all) {
    so_far += size_of(x);
    // The rounded share of all up to here, less what they have: the parts add up to the whole.
    ledger::fraction part{reported.value, 1};
    const auto through = part.multiply(so_far, total) ? part.rounded(0, rounding::half_away_from_zero) : std::nullopt;
    if (!through) return error(errc::overflow, "the reported swap of " + named(like.instrument) + " cannot be shared out");
    like.position = x.first;
    like.strategy = x.second->strategy;
    like.net = x.second->position.size();
    like.state = financing_state::reported;
    like.booked = amount{*through - shared};
    shared = *through;
    TOMNEXT_TRY(emit_booking(like, balance, out));
  }
  return {};
}

result<void> account_host::correct(instrument_id i, date day, amount by, amount& balance, outbox& out) const {
  financing_booked b;
  b.account = configuration_.account;
  b.instrument = i;
  b.day = day;
  b.method = configuration_.financing.method;
  b.state = financing_state::corrected;
  b.booked = by;
  b.conversion_rate = price::whole(1);
  return emit_booking(b, balance, out);
}

// Not what anybody is charged: see comparison_financing_of.
result<void> account_host::compare(const header& h, const trading_day_rolled& e, amount& balance, outbox& out) const {
  const int day = weekday(e.closed);
  const std::int32_t times = day == 3 || day == 5 ? 3 : 1;
  for (const auto& [id, x] : positions_) {
    if (x.position.flat()) continue;
    const auto rates = financing_.rates(x.instrument, utc_date(h.at));
    if (!rates)
      return error(errc::conversion_rate_missing, "no interest rates for " + named(x.instrument) + " on " + to_string(utc_date(h.at)) +
                                                      "; portfolio.interest_rates must tell those of both its currencies for that month");
    const auto& book = rates_.at(x.instrument);
    financing_booked b;
    b.account = configuration_.account;
    b.position = id;
    b.strategy = x.strategy;
    b.instrument = x.instrument;
    b.day = e.closed;
    b.days = times;
    b.method = financing_method::compat;
    b.net = x.position.size();
    b.figure = rate{rates->long_rate.value - rates->short_rate.value};
    b.mark = ledger::rounded_mid(book.bid, book.ask, financing_.price_precision(x.instrument));
    const auto charged = ledger::comparison_financing_of(b.net, b.mark, rates->long_rate, rates->short_rate, times);
    if (!charged) return charged.error();
    TOMNEXT_TRY(convert_in(b, *charged, conversion_method::mid));
    TOMNEXT_TRY(emit_booking(b, balance, out));
  }
  return {};
}

// ---- one booking -----------------------------------------------------------------------------------

result<void> account_host::price_in(financing_booked& b, const swap_rates_published& r) const {
  const bool valued = r.unit == swap_unit::annual_rate || r.unit == swap_unit::interest;
  if (valued && b.mark.value <= 0) return error(errc::conversion_rate_missing, "no quote of " + named(b.instrument) + " yet to value what is financed at");
  const auto earned = financing_.amount_of(b.instrument, r, {b.net, b.mark, b.days});
  if (!earned) return earned.error();
  b.figure = ledger::figure_of(r, b.net, configuration_.financing.markup);
  return convert_in(b, *earned, configuration_.conversion);
}

result<void> account_host::convert_in(financing_booked& b, const ledger::fraction& earned, conversion_method method) const {
  auto converted = rates_.convert(earned, rates_.at(b.instrument).quote, configuration_.in, configuration_.minor_units, method);
  if (!converted) return converted.error();
  b.booked = converted->value;
  b.conversion_rate = converted->effective_rate;
  b.conversion_position = converted->source_position;
  return {};
}

result<void> account_host::emit_booking(financing_booked& b, amount& balance, outbox& out) {
  const auto sum = add(balance, b.booked);
  if (!sum) return error(errc::overflow, "the balance does not fit");
  b.balance = balance = *sum;
  out.emit(b);
  return {};
}

void account_host::apply(const header&, const financing_booked& e) {
  balance_ = e.balance;
  financed_.value += e.booked.value;
  day_financing_.value += e.booked.value;
  if (e.state != financing_state::deferred) ++financing_bookings_;
  financing_.booked(e);
}

// ---- later than the roll ---------------------------------------------------------------------------

void account_host::decide(const header&, const holidays_defined&, outbox& out) const {
  if (!refused_) out.fail(refused_.error().code, refused_.error().message);
}

void account_host::decide(const header&, const swap_rates_published& e, outbox& out) const {
  if (!refused_) return out.fail(refused_.error().code, refused_.error().message);
  const auto* all = financing_.waiting_for(e.instrument);
  if (all == nullptr) return;
  amount balance = balance_;
  for (const auto& w : *all) {
    const auto rates = financing_.rates(e.instrument, w.day);
    if (!rates) continue;
    financing_booked b;
    b.account = configuration_.account;
    b.position = w.position;
    b.strategy = w.strategy;
    b.instrument = e.instrument;
    b.day = w.day;
    b.days = w.nights;
    b.value_date = w.value_date;
    b.method = configuration_.financing.method;
    b.state = financing_state::settled;
    b.net = w.net;
    b.mark = w.mark;
    auto booked = price_in(b, *rates);
    if (booked) booked = emit_booking(b, balance, out);
    if (!booked) return out.fail(booked.error().code, booked.error().message);
  }
  if (out.size() > 0) emit_value(balance, out);
}

void account_host::decide(const header&, const swap_reported& e, outbox& out) const {
  if (e.account != configuration_.account) return;
  if (!refused_) return out.fail(refused_.error().code, refused_.error().message);
  if (!opened_account_ || !financing_.is_over(e.instrument, e.day)) return;
  const auto booked = financing_.booked_for(e.instrument, e.day);
  if (!booked)
    return out.fail(errc::invalid_argument, "a swap of " + named(e.instrument) + " for " + to_string(e.day) +
                                                " is reported, which is too long ago to know what was booked for it; adjust the balance instead");
  const auto* waiting = financing_.waiting_for(e.instrument);
  const bool waits = waiting != nullptr && std::any_of(waiting->begin(), waiting->end(), [&](const auto& w) { return w.day == e.day; });
  const auto difference = subtract(e.booked, *booked);
  if (!difference) return out.fail(errc::overflow, "the reported swap does not fit");
  if (!*difference && !waits) return;
  amount balance = balance_;
  if (auto done = correct(e.instrument, e.day, *difference, balance, out); !done) return out.fail(done.error().code, done.error().message);
  emit_value(balance, out);
}

}  // namespace tomnext::portfolio_management
