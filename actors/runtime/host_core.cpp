#include "actors/runtime/host_core.hpp"

namespace tomnext::actors {

bool is_host_mark(std::uint16_t type_number) {
  switch (type_number) {
    case host_activated::type_number:
    case host_recovered::type_number:
    case host_progressed::type_number: return true;
    default: return false;
  }
}

bool reaction::is_mark() const { return !events.empty() && is_host_mark(events.front().head.type); }

void host_core::begin(std::uint32_t incarnation, const host_record& record, const recovery_point& point) {
  incarnation_ = incarnation;
  record_ = record;
  point_ = point;
  consumed_ = point.covered;
}

result<void> host_core::fold(const event& e) {
  if (e.head.host == definition_.id) return e.head.seq > point_.mark ? fold_own(e) : result<void>{};
  if (e.head.seq <= point_.covered || !definition_.wants(e)) return {};
  if (e.head.seq < record_.recorded_to) {
    waiting_.push_back(e);
    return {};
  }
  TOMNEXT_TRY(settle_through(UINT64_MAX));
  return settle(e);
}

result<void> host_core::fold_own(const event& e) {
  if (is_host_mark(e.head.type)) return {};
  // Everything before the cause had no recorded answer: it was answered by silence.
  TOMNEXT_TRY(settle_through(e.head.position - 1));
  const bool cause_waits = !waiting_.empty() && waiting_.front().head.seq == e.head.position;
  if (e.is<input_parked>()) {
    if (cause_waits) waiting_.pop_front();
    consumed_ = e.head.position;
    return {};
  }
  if (cause_waits) TOMNEXT_TRY(settle_through(e.head.position));
  if (consumed_ != e.head.position)
    return error(errc::log_corrupt, definition_.name + ": event " + std::to_string(e.head.seq) + " answers input " + std::to_string(e.head.position) +
                                        ", which this host never received");
  // As the service saw it when it said it, at its cause's time (law 5): where order is by arrival the sequencer may have stamped it later.
  auto said = e;
  if (said_at_) said.head.at = *said_at_;
  service_->apply_output(said);
  return {};
}

result<void> host_core::settle_through(std::uint64_t seq) {
  while (!waiting_.empty() && waiting_.front().head.seq <= seq) {
    const event input = waiting_.front();
    waiting_.pop_front();
    TOMNEXT_TRY(settle(input));
  }
  return {};
}

result<void> host_core::settle(const event& input) {
  if (input.head.seq > record_.decided_to) return take(input);
  service_->apply_input(input);
  consumed_ = input.head.seq;
  said_at_ = input.head.at;
  ++inputs_;
  return {};
}

void host_core::pass_over(std::uint64_t seq, std::string why) {
  passed_over_ = seq;
  passed_over_why_ = std::move(why);
}

reaction host_core::parked(std::uint64_t seq, timestamp at, std::string_view why) const {
  auto r = mark(input_parked{seq, why, std::string_view(definition_.name)}, seq);
  r.events.front().head.cause = seq;
  r.events.front().head.at = at;
  return r;
}

result<void> host_core::end_of_log() { return settle_through(UINT64_MAX); }

result<void> host_core::take(const event& e) {
  if (!definition_.wants(e)) return {};
  if (e.head.seq == passed_over_) {
    consumed_ = e.head.seq;
    reactions_.push_back(parked(e.head.seq, e.head.at, passed_over_why_));
    return {};
  }
  deciding_ = e.head.seq;
  deciding_at_ = e.head.at;
  service_->apply_input(e);
  consumed_ = e.head.seq;
  said_at_ = e.head.at;
  ++inputs_;
  buffer_.clear();
  outbox out(buffer_, e.head, definition_.id, incarnation_);
  service_->decide(e, out);
  if (out.failure()) return out.failure()->within(definition_.name + " at event " + std::to_string(e.head.seq) + " (" + to_string(e.head.at) + ")");
  if (buffer_.empty()) {
    deciding_ = 0;
    return {};
  }
  // As in the one-thread kernel: silence ends any chain, so only an answer at its end is a loop.
  if (e.head.depth >= cause_depth_max)
    return error(errc::poisonous_input, definition_.name + ": the chain of causes of event " + std::to_string(e.head.seq) + " is longer than " +
                                            std::to_string(cause_depth_max) + ": services answer each other in a loop");
  for (const auto& own : buffer_) service_->apply_output(own);
  reactions_.push_back({e.head.seq, buffer_});
  deciding_ = 0;
  return {};
}

}  // namespace tomnext::actors
