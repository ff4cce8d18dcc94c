#include "tests/sim/model/recovery.hpp"

#include <algorithm>
#include <deque>

namespace tomnext::sim {
namespace {

class folding {
 public:
  folding(const host_role& role, std::span<const event> log, const snapshot* from) : role_(role), log_(log), from_(from) {
    if (from != nullptr) {
      result.now = from->held;
      result.consumed = from->covered;
    }
    find_own_events();
  }

  void run() {
    const seq_number start = result.consumed;
    apply_recorded(start);  // quotes that an ingress made after its snapshot and before its next input
    for (seq_number seq = start + 1; seq <= log_.size(); ++seq) {
      const event& e = log_[static_cast<std::size_t>(seq - 1)];
      if (!role_.reads(e)) continue;
      result.consumed = seq;
      if (seq <= decided_to_) fold(e, seq);
      else if (role_.broken == broken_rule::fold_all_then_propose) apply_input(role_, result.now, e);
      else propose(react(role_, result.now, e, seq));
      if (seq > decided_to_) result.decided_anew.push_back(seq);
    }
    if (role_.broken == broken_rule::fold_all_then_propose) propose_late();
    if (!recorded_.empty() && role_.broken != broken_rule::tail_cursor_stuck) result.problem = "a recorded event answers an input that its host never received";
  }

  recovered result;

 private:
  [[nodiscard]] bool in_snapshot(const event& e, seq_number seq) const {
    if (from_ == nullptr) return false;
    switch (role_.broken) {
      case broken_rule::tail_by_seq:
      case broken_rule::tail_cursor_stuck: return seq <= from_->covered;
      case broken_rule::snapshot_without_own_cursor: return e.position <= from_->covered;
      default: return seq <= from_->mark;
    }
  }

  void find_own_events() {
    bool known = false;
    for (seq_number seq = 1; seq <= log_.size(); ++seq) {
      const event& e = log_[static_cast<std::size_t>(seq - 1)];
      if (e.host != role_.host) continue;
      known = true;
      result.decided_to = std::max(result.decided_to, e.position);
      if (!is_mark(e) && !in_snapshot(e, seq)) recorded_.push_back(seq);
    }
    const bool takes_history_as_read = !known && role_.broken != broken_rule::new_host_decides_history;
    if (takes_history_as_read) result.decided_to = log_.size();
    decided_to_ = role_.broken == broken_rule::recovery_proposes_nothing ? log_.size() : result.decided_to;
  }

  [[nodiscard]] const event& next_recorded() const { return log_[static_cast<std::size_t>(recorded_.front() - 1)]; }
  void apply_recorded(seq_number position) {
    const bool late_ones_too = role_.broken == broken_rule::tail_by_seq;
    while (!recorded_.empty()) {
      const event& own = next_recorded();
      if (own.position != position && !(late_ones_too && own.position < position)) return;
      if (own.type != kind::input_parked) apply_output(role_, result.now, own, recorded_.front());
      recorded_.pop_front();
    }
  }
  void fold(const event& input, seq_number seq) {
    const bool parked = !recorded_.empty() && next_recorded().position == seq && next_recorded().type == kind::input_parked;
    if (!parked || role_.broken == broken_rule::parked_input_applied) apply_input(role_, result.now, input);
    apply_recorded(seq);
  }
  void propose(reaction r) {
    if (!r.empty()) result.proposals.push_back(std::move(r));
  }
  void propose_late() {
    for (const auto seq : result.decided_anew) {
      auto r = decide(role_, result.now, log_[static_cast<std::size_t>(seq - 1)], seq);
      for (const auto& own : r) apply_output(role_, result.now, own);
      propose(std::move(r));
    }
  }

  const host_role& role_;
  std::span<const event> log_;
  const snapshot* from_;
  std::deque<seq_number> recorded_;  // the second cursor: own events not yet applied
  seq_number decided_to_ = 0;
};

}  // namespace

recovered recover(const host_role& role, std::span<const event> visible, const snapshot* from) {
  folding f(role, visible, from);
  f.run();
  return std::move(f.result);
}

}  // namespace tomnext::sim
