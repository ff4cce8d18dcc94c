#include "domain/risk_management/exposure.hpp"

namespace tomnext::risk_management {

quantity exposure::closable(side direction) const {
  const int128 open = -worst(direction);  // positive while the position lies against the direction
  return {open > 0 ? static_cast<std::int64_t>(std::min<int128>(open, std::numeric_limits<std::int64_t>::max())) : 0};
}

bool exposure_book::netting(account_id account) const {
  const auto mode = modes_.find(account);
  return mode != modes_.end() && mode->second == position_mode::netting;
}

void exposure_book::change_reserved(const reservation& r, std::int64_t by) {
  instruments_[r.instrument.value].reserve(r.direction, by);
  accounts_[{r.account, r.instrument}].reserve(r.direction, by);
  if (auto found = positions_.find(r.closes); found != positions_.end()) found->second.held.reserve(r.direction, by);
}

void exposure_book::change_net(const exposure_fill& f) {
  const std::int64_t change = sign(f.direction) * f.size.value;
  auto& book = instruments_[f.instrument.value].net;
  book = saturating_add(book, change);
  auto& account = accounts_[{f.account, f.instrument}].net;
  account = saturating_add(account, change);

  if (netting(f.account)) return;
  const position_id position = f.closes ? f.closes : position_id{f.order.value};
  auto& held = positions_[position];
  held.account = f.account;
  held.instrument = f.instrument;
  held.held.net = saturating_add(held.held.net, change);
}

// Closed positions leave the state: it grows with what is open, not with what was ever traded.
void exposure_book::drop_if_empty(account_key key, position_id position) {
  if (auto found = accounts_.find(key); found != accounts_.end() && found->second.empty()) accounts_.erase(found);
  if (auto found = positions_.find(position); found != positions_.end() && found->second.held.empty()) positions_.erase(found);
}

void exposure_book::reserve(order_id order, const reservation& r) {
  if (r.instrument.value >= instruments_max || r.remaining.value <= 0 || !reservations_.emplace(order, r).second) return;
  change_reserved(r, r.remaining.value);
}

void exposure_book::release(order_id order) {
  auto found = reservations_.find(order);
  if (found == reservations_.end()) return;
  const reservation r = found->second;
  reservations_.erase(found);
  change_reserved(r, -r.remaining.value);
  drop_if_empty({r.account, r.instrument}, r.closes);
}

void exposure_book::fill(const exposure_fill& f) {
  if (f.instrument.value >= instruments_max || f.size.value <= 0) return;
  auto found = reservations_.find(f.order);
  if (found != reservations_.end()) {
    const std::int64_t used = std::min(found->second.remaining.value, f.size.value);
    change_reserved(found->second, -used);
    found->second.remaining.value -= used;
    if (!found->second.remaining) reservations_.erase(found);
  }
  change_net(f);
  drop_if_empty({f.account, f.instrument}, f.closes);
}

exposure exposure_book::of(account_id account, instrument_id instrument) const {
  auto found = accounts_.find({account, instrument});
  return found != accounts_.end() ? found->second : exposure{};
}

quantity exposure_book::closable(account_id account, instrument_id instrument, side direction, position_id closes) const {
  if (!closes || netting(account)) return of(account, instrument).closable(direction);
  auto found = positions_.find(closes);
  if (found == positions_.end() || found->second.account != account || found->second.instrument != instrument) return {};
  return found->second.held.closable(direction);
}

const reservation* exposure_book::find(order_id order) const {
  auto found = reservations_.find(order);
  return found != reservations_.end() ? &found->second : nullptr;
}

}  // namespace tomnext::risk_management
