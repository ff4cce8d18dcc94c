#include "actors/replay/as_of.hpp"

#include <algorithm>
#include <deque>

namespace tomnext::replay {
namespace {

/// Inputs that are held back, at most, until the next own event says what is recorded for them. A log never lets a host fall further behind.
constexpr std::size_t held_max = 65'536;
constexpr std::uint64_t progress_every = 8'192;

class fold {
 public:
  explicit fold(host_as_of& state) : state_(&state) {}

  /// The state that it begins with has inputs up to `covered`, and own outputs up to `mark`.
  void begin_with(std::uint64_t covered, std::uint64_t mark) {
    begun_ = covered;
    mark_ = mark;
  }

  result<void> take(const event& e) {
    const auto& d = state_->host.definition;
    if (e.head.host == d.id) return e.head.seq > mark_ ? meet_own(e) : result<void>();
    if (e.head.seq <= begun_ || !d.wants(e)) return {};
    held_.push_back(e);
    if (held_.size() > held_max) apply_front();
    return {};
  }
  void finish() { apply_through(UINT64_MAX); }

 private:
  result<void> meet_own(const event& e) {
    if (actors::is_host_mark(e.head.type)) return {};
    apply_through(e.head.position - 1);
    if (e.is<input_parked>()) {
      if (!held_.empty() && held_.front().head.seq == e.head.position) held_.pop_front();
      return {};
    }
    apply_through(e.head.position);
    if (last_ != e.head.position && begun_ < e.head.position)
      return error(errc::log_corrupt, state_->host.definition.name + ": event " + std::to_string(e.head.seq) + " answers input " +
                                          std::to_string(e.head.position) + ", which this host never received");
    // As the service saw it when it said it (host_core.cpp).
    auto said = e;
    if (said_at_) said.head.at = *said_at_;
    state_->host.service->apply_output(said);
    return {};
  }
  void apply_through(std::uint64_t seq) {
    while (!held_.empty() && held_.front().head.seq <= seq) apply_front();
  }
  void apply_front() {
    last_ = held_.front().head.seq;
    said_at_ = held_.front().head.at;
    state_->host.service->apply_input(held_.front());
    ++state_->inputs;
    held_.pop_front();
  }

  host_as_of* state_;
  std::uint64_t begun_ = 0, mark_ = 0, last_ = 0;
  std::optional<timestamp> said_at_;  // of the newest input applied
  std::deque<event> held_;
};

/// Begins with the newest snapshot where it is of an early enough moment.
result<void> begin(const persistence::event_log& log, const as_of_options& o, std::uint64_t seq, host_as_of& state, fold& f) {
  if (o.snapshots == nullptr) return {};
  const auto& d = state.host.definition;
  auto newest = o.snapshots->newest({d.name, d.version, d.state_version, o.configuration_hash}, log, persistence::damaged_snapshot::passed_over);
  if (!newest) return newest.error();
  if (!*newest || (*newest)->mark > seq) return {};
  if (!state.host.service->load((*newest)->state)) return error(errc::snapshot_invalid, "the newest snapshot of " + d.name + " is no state of this build");
  state.from = (*newest)->covered;
  f.begin_with((*newest)->covered, (*newest)->mark);
  return {};
}

}  // namespace

result<std::vector<host_as_of>> states_as_of(const persistence::event_log& log, std::vector<composed_host> hosts, const as_of_options& o) {
  const auto seq = std::min(o.seq, log.head().seq);
  std::vector<host_as_of> states;
  for (auto& h : hosts) {
    states.emplace_back();
    states.back().host = std::move(h);
    states.back().seq = seq;
  }
  std::vector<fold> folds;
  folds.reserve(states.size());
  auto first = UINT64_MAX;
  for (auto& s : states) {
    folds.emplace_back(s);
    TOMNEXT_TRY(begin(log, o, seq, s, folds.back()));
    first = std::min(first, s.from + 1);
  }
  if (states.empty() || first > seq) first = seq;  // its time is told all the same
  auto scan = log.scan(std::max<std::uint64_t>(first, 1));
  if (!scan) return scan.error();
  for (bool more = seq > 0; more;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (const auto& e : (*g)->events) {
      if (e.head.seq > seq) {
        more = false;
        break;
      }
      for (auto& f : folds) TOMNEXT_TRY(f.take(e));
      if (e.head.seq == seq)
        for (auto& s : states) s.at = e.head.at;
      if (e.head.seq % progress_every == 0 && o.on_progress && !o.on_progress(e.head.seq)) return error(errc::cancelled, "cancelled");
    }
  }
  for (auto& f : folds) f.finish();
  return states;
}

}  // namespace tomnext::replay
