#include "actors/runtime/host_core.hpp"

namespace tomnext::actors {

bool is_host_mark(std::uint16_t type_number) {
  switch (type_number) {
    case host_activated::type_number: case host_recovered::type_number: case host_progressed::type_number: case input_parked::type_number: return true;
    default: return false;
  }
}

result<void> host_core::recover(const recovery_point& point, const event_source& inputs, const event_source& own,
                                const std::function<void(reaction)>& propose) {
  consumed_ = point.covered;
  std::optional<event> recorded;
  auto next_recorded = [&]() -> result<void> {
    for (;;) {
      auto e = own();
      if (!e) return e.error();
      recorded = std::move(*e);
      if (!recorded || !is_host_mark(recorded->head.type)) return {};
    }
  };
  TOMNEXT_TRY(next_recorded());
  for (;;) {
    auto e = inputs();
    if (!e) return e.error();
    if (!*e) break;
    const event& input = **e;
    if (!definition_.wants(input)) continue;
    if (input.head.seq > decided_to_) {
      auto answer = take(input);
      if (!answer) return answer.error();
      if (*answer) propose(std::move(**answer));
      continue;
    }
    service_->apply_input(input);
    consumed_ = input.head.seq;
    while (recorded && recorded->head.position == input.head.seq) {
      service_->apply_output(*recorded);
      TOMNEXT_TRY(next_recorded());
    }
    if (recorded && recorded->head.position < input.head.seq)
      return error(errc::log_corrupt, definition_.name + ": event " + std::to_string(recorded->head.seq) + " answers input " +
                                          std::to_string(recorded->head.position) + ", which it never received");
  }
  return {};
}

result<std::optional<reaction>> host_core::take(const event& e) {
  if (!definition_.wants(e)) return std::optional<reaction>{};
  if (e.head.depth >= cause_depth_max)
    return error(errc::poisonous_input, definition_.name + ": the chain of causes of event " + std::to_string(e.head.seq) + " is too long");
  service_->apply_input(e);
  consumed_ = e.head.seq;
  buffer_.clear();
  outbox out(buffer_, e.head, definition_.id, incarnation_);
  service_->decide(e, out);
  if (out.failure()) return out.failure()->within(definition_.name + " at event " + std::to_string(e.head.seq) + " (" + to_string(e.head.at) + ")");
  for (const auto& own : buffer_) service_->apply_output(own);
  return std::optional<reaction>(reaction{e.head.seq, buffer_});
}

}  // namespace tomnext::actors
