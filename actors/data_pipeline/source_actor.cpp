#include "actors/data_pipeline/source_actor.hpp"

#include <algorithm>

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

event input_of(const replay::judged_quote& q) {
  header h;
  h.at = q.time();
  h.host = replay::market_ingress;
  h.position = q.position();
  if (const auto* told = q.bar()) return event(h, told->bar);
  return q.accepted() != nullptr ? event(h, *q.accepted()) : event(h, *q.rejected());
}

}  // namespace

source_protocol::behavior_type quote_source_state::behavior() {
  return {[this](next_atom, std::uint64_t after, std::uint64_t most) -> answer<quote_batch_ref> {
    auto batch = next(after, most);
    if (!batch) return to_caf(batch.error());
    return *batch;
  }};
}

// Files are read again from the beginning after a restart; the same quotes get the same positions and verdicts.
result<quote_batch_ref> quote_source_state::next(std::uint64_t after, std::uint64_t most) {
  if (!feed_ || position_ != after) {
    auto opened = replay::open_feed(*deployment_, after);
    if (!opened) return opened.error();
    feed_ = std::move(*opened);
    position_ = after;
  }
  std::vector<replay::judged_quote> quotes(most);
  auto count = feed_->read(quotes);
  if (!count) {
    feed_.reset();
    return count.error();
  }
  auto batch = std::make_shared<quote_batch>();
  batch->inputs.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) batch->inputs.push_back(input_of(quotes[i]));
  if (*count > 0) position_ = batch->inputs.back().head.position;
  batch->ended = *count == 0;
  batch->accepted = feed_->figures().accepted;
  batch->rejected = feed_->figures().rejected;
  return quote_batch_ref(std::move(batch));
}

}  // namespace tomnext::actors
