// The log channel: an alert is written where operators look, once its event is durable and never before.
#pragma once
#include "actors/protocols.hpp"

namespace tomnext::actors {

class alert_channel_state {
 public:
  alert_channel_state(channel_protocol::pointer self, const writer_protocol& writer) : self_(self) {
    tell(self, writer, subscribe_v, std::string("monitoring_alerting/log_channel"), pointer_of(self));
  }
  channel_protocol::behavior_type behavior();

 private:
  channel_protocol::pointer self_;
};

}  // namespace tomnext::actors
