// Looks at the room that the log of a running node has left, so that an operator hears of a full disk while there is time.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "actors/journal/disk_board.hpp"
#include "actors/protocols.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::actors {

/// Told to go on, and nothing else: as the scrubber is.
using disk_watch_protocol = scrubber_protocol;

struct disk_watch_settings {
  std::string directory;  ///< of the log
  std::shared_ptr<disk_board> board;
  std::chrono::seconds every{30};
};

/// Looks at once, and then every `every`, on a thread of its own: it walks over a folder. A look that fails is reported once, and tried again.
class disk_watch_state {
 public:
  disk_watch_state(disk_watch_protocol::pointer self, std::shared_ptr<const persistence::event_log> log, disk_watch_settings settings);
  disk_watch_protocol::behavior_type behavior();

 private:
  result<disk_look> look() const;
  void tick();

  disk_watch_protocol::pointer self_;
  std::shared_ptr<const persistence::event_log> log_;
  disk_watch_settings settings_;
  bool failing_ = false;
};

}  // namespace tomnext::actors
