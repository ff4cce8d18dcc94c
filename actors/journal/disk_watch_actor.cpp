#include "actors/journal/disk_watch_actor.hpp"

#include <spdlog/spdlog.h>

#include "actors/runtime/clock.hpp"
#include "actors/runtime/instrumented.hpp"
#include "persistence/base.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::actors {

disk_watch_state::disk_watch_state(disk_watch_protocol::pointer self, std::shared_ptr<const persistence::event_log> log, disk_watch_settings settings)
    : self_(self), log_(std::move(log)), settings_(std::move(settings)) {
  tell(self_, self_, tick_v);
}

disk_watch_protocol::behavior_type disk_watch_state::behavior() {
  return {[this](tick_atom) {
    tick();
    tell_later(self_, settings_.every, tick_v);
  }};
}

result<disk_look> disk_watch_state::look() const {
  disk_look l;
  l.at_ns = monotonic_now(self_).time_since_epoch().count();
  l.last_seq = log_->head().seq;
  auto base = persistence::read_base(settings_.directory);
  if (!base) return base.error();
  // What was archived is in the rows no more: they are what grows.
  l.events = l.last_seq + 1 - std::min(base->first_seq, l.last_seq + 1);
  auto used = persistence::disk_use(persistence::rows_folder(settings_.directory));
  if (!used) return used.error();
  l.log_bytes = used->table_bytes + used->wal_bytes + used->other_bytes;
  auto room = persistence::free_bytes_of(settings_.directory);
  if (!room) return room.error();
  l.free_bytes = *room;
  return l;
}

void disk_watch_state::tick() {
  auto seen = look();
  if (!seen) {
    const auto why = seen.error().within("the log's disk cannot be looked at").message;
    record_of(self_).set_error(why);
    if (!std::exchange(failing_, true)) spdlog::error("{}", why);
    return;
  }
  failing_ = false;
  const auto news = settings_.board->show(*seen);
  if (!news) return;
  if (news->first >= disk_outlook::within_an_hour) spdlog::error("{}", news->second);
  else if (news->first == disk_outlook::within_a_day) spdlog::warn("{}", news->second);
  else spdlog::info("{}", news->second);
}

}  // namespace tomnext::actors
