// Collects every actor's figures, and tells the log what matters: restarts, and mailboxes that cross their watch level.
#pragma once
#include <functional>
#include <map>
#include <memory>

#include "actors/monitoring_alerting/supervision_notes.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

struct collector_settings {
  std::shared_ptr<introspection> figures;
  std::shared_ptr<supervision_notes> notes;
  std::function<time_protocol()> time_authority;
  std::chrono::milliseconds every{200};
  std::uint64_t queue_watch_level = 10'000;  ///< messages; an alert begins above it and ends below half of it
};

class collector_state {
 public:
  collector_state(collector_protocol::pointer self, collector_settings settings) : self_(self), settings_(std::move(settings)) {}
  collector_protocol::behavior_type behavior();

 private:
  void look();
  [[nodiscard]] std::vector<queue_depth_crossed> crossings() const;

  collector_protocol::pointer self_;
  collector_settings settings_;
  std::map<std::string, bool> above_;  // by name: what the log was told last of its queue
};

}  // namespace tomnext::actors
