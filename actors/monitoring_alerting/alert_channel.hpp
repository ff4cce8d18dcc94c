// The log channel: an alert is written where operators look, once its event is durable and never before.
#pragma once
#include "actors/protocols.hpp"
#include "actors/runtime/feed_reader.hpp"

namespace tomnext::actors {

class alert_channel_state {
 public:
  static constexpr auto feed_name = "monitoring_alerting/log_channel";
  alert_channel_state(channel_protocol::pointer self, const feed_protocol& feed) : self_(self) {
    feed_wish wish;
    wish.name = feed_name;
    wish.wanted.types[alert_changed::type_number] = true;
    join_feed(self, feed, std::move(wish));
  }
  channel_protocol::behavior_type behavior();

 private:
  channel_protocol::pointer self_;
};

}  // namespace tomnext::actors
