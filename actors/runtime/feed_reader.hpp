// How an actor reads the durable feed.
#pragma once
#include "actors/protocols.hpp"

namespace tomnext::actors {

/// Joins the feed; called once, when the actor begins. Where that fails the actor ends, and its supervisor lets it try again.
template <class Self> void join_feed(Self* self, const feed_protocol& feed, feed_wish wish) {
  wish.who = pointer_of(self);
  ask(self, feed, std::chrono::seconds(5), subscribe_v, wish_ref(std::make_shared<const feed_wish>(std::move(wish))))
      .then([](std::uint64_t) {}, [self](const actor_error& e) { self->quit(to_caf(from_caf(e).within("joining the durable feed"))); });
}

/// Gives the credit for a message back, to whoever serves the feed now. Called in the message's handler, when all is done. A message without groups asks how
/// far the reader is: whoever answers it has done all that came before it.
template <class Self> void return_credit(Self* self, const char* name, const std::vector<group_ref>& groups, const persistence::log_head& head) {
  const auto seq = groups.empty() ? head.seq : groups.back()->last_seq();
  if (const auto feed = handle_of<feed_protocol>(self->current_sender())) tell(self, feed, done_v, std::string(name), seq);
}

}  // namespace tomnext::actors
