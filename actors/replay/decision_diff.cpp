#include "actors/replay/decision_diff.hpp"

#include <algorithm>

namespace tomnext::replay {
namespace {

std::string order_words(side direction, quantity size, instrument_id instrument) {
  return std::string(word_of(direction)) + " " + size.to_string() + " of instrument " + std::to_string(instrument.value);
}

std::string words_of(const event& e) {
  if (const auto* s = e.get_if<signal_proposed>())
    return "signal to " + std::string(word_of(s->direction)) + " instrument " + std::to_string(s->instrument.value);
  if (const auto* i = e.get_if<order_intended>())
    return "intends to " + order_words(i->direction, i->size, i->instrument) + (i->closes || i->reduce_only ? ", closing" : "");
  if (const auto* d = e.get_if<order_denied>()) return "denied: " + std::string(d->reason.view());
  if (const auto* r = e.get_if<order_rejected>()) return "rejected: " + std::string(r->reason.view());
  if (const auto* f = e.get_if<order_filled>()) return "filled: " + order_words(f->direction, f->size, f->instrument) + " at " + f->at_price.to_string();
  if (const auto* t = e.get_if<trading_state_changed>()) return "trading is " + std::string(word_of(t->state));
  return {};
}

}  // namespace

std::optional<decision_line> decision_of(const event& e) {
  auto what = words_of(e);
  if (what.empty()) return std::nullopt;
  return decision_line{e.head.at, e.head.host, std::move(what)};
}

void run_outcome::count(const event& e) {
  if (e.is<signal_proposed>()) ++signals;
  else if (e.is<order_intended>()) ++intents;
  else if (e.is<order_denied>()) ++denied;
  else if (e.is<order_rejected>()) ++rejected;
  else if (e.is<order_filled>()) ++fills;
  else if (const auto* c = e.get_if<cash_moved>()) balance = c->balance;
  else if (const auto* v = e.get_if<account_valued>()) equity = v->equity;
  else if (const auto* f = e.get_if<financing_booked>()) {
    balance = f->balance;
    financing.value += f->booked.value;
  } else if (const auto* p = e.get_if<position_changed>()) {
    balance = p->balance;
    commission.value += p->commission.value;
    positions += p->change == position_change::opened ? 1 : 0;
  }
}

void decision_differ::take(std::deque<decision_line>& line, const event& e) {
  auto d = decision_of(e);
  if (!d) return;
  // Where order is by arrival an answer may be stamped before an earlier host's: it belongs to the newest instant.
  if (!line.empty()) d->at = std::max(d->at, line.back().at);
  line.push_back(std::move(*d));
  settle(false);
}

void decision_differ::settle(bool at_end) {
  while (!recorded_.empty() || !other_.empty()) {
    const bool waits = recorded_.size() > waiting_decisions_max || other_.size() > waiting_decisions_max;
    if (!at_end && !waits && (recorded_.empty() || other_.empty())) return;
    const auto at = recorded_.empty() ? other_.front().at : other_.empty() ? recorded_.front().at : std::min(recorded_.front().at, other_.front().at);
    // Of this instant either may have more to say.
    if (!at_end && !waits && (recorded_.back().at <= at || other_.back().at <= at)) return;
    settle_instant(at);
  }
}

void decision_differ::settle_instant(timestamp at) {
  std::vector<decision_line> others;
  for (; !other_.empty() && other_.front().at == at; other_.pop_front()) others.push_back(std::move(other_.front()));
  for (; !recorded_.empty() && recorded_.front().at == at; recorded_.pop_front()) {
    const auto met = std::find(others.begin(), others.end(), recorded_.front());
    if (met == others.end()) {
      differs(std::move(recorded_.front()), true);
    } else {
      ++so_far_.same;
      others.erase(met);
    }
  }
  for (auto& line : others) differs(std::move(line), false);
}

void decision_differ::differs(decision_line line, bool recorded) {
  ++(recorded ? so_far_.only_recorded : so_far_.only_other);
  if (so_far_.shown.size() < shown_decisions_max) so_far_.shown.push_back({std::move(line), recorded});
}

decision_comparison decision_differ::finish() {
  settle(true);
  return std::move(so_far_);
}

}  // namespace tomnext::replay
