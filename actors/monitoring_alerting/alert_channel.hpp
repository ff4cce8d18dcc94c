// The log channel: an alert is written where operators look, once its event is durable and never before.
#pragma once
#include "actors/protocols.hpp"

namespace tomnext::actors {

class alert_channel_state {
 public:
  static constexpr auto feed_name = "monitoring_alerting/log_channel";
  alert_channel_state(channel_protocol::pointer self, const writer_protocol& writer) : self_(self), writer_(writer) {
    tell(self, writer, subscribe_v, std::string(feed_name), pointer_of(self));
  }
  channel_protocol::behavior_type behavior();

 private:
  channel_protocol::pointer self_;
  writer_protocol writer_;
};

}  // namespace tomnext::actors
