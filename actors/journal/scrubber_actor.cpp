#include "actors/journal/scrubber_actor.hpp"

#include <spdlog/spdlog.h>

#include "actors/runtime/instrumented.hpp"

namespace tomnext::actors {

scrubber_state::scrubber_state(scrubber_protocol::pointer self, std::shared_ptr<const persistence::event_log> log, scrubber_settings settings)
    : self_(self), log_(std::move(log)), settings_(std::move(settings)), pace_(settings_.bytes_per_s) {
  on_exit_order(self_, [this](const actor_error& reason) { stop(reason); });
  tell(self_, self_, tick_v);
}

scrubber_protocol::behavior_type scrubber_state::behavior() {
  return {[this](tick_atom) { tell_later(self_, next_piece(), tick_v); }};
}

// Whatever goes wrong here, the node goes on: a supervisor that gave up on this actor would end it.
std::chrono::nanoseconds scrubber_state::next_piece() {
  result<std::chrono::nanoseconds> pause = error(errc::log_io, settings_.directory);
  try {
    pause = step();
  } catch (const std::exception& e) { pause = error(errc::log_io, settings_.directory + ": " + e.what()); }
  if (pause) {
    if (settings_.board->failing({})) spdlog::info("the log's scrubber goes on");
    return *pause;
  }
  const auto why = pause.error().within("the log is not scrubbed for now").message;
  if (settings_.board->failing(why)) {
    record_of(self_).set_error(why);
    spdlog::error("{}", why);
  }
  return settings_.retry_after;
}

result<std::chrono::nanoseconds> scrubber_state::step() {
  const auto now = monotonic_now(self_);
  if (!scrubber_) {
    auto opened = persistence::scrubber::open(settings_.directory, *log_);
    if (!opened) return opened.error();
    scrubber_.emplace(std::move(*opened));
  }
  if (std::exchange(begins_, false)) pass_began_ = now;
  auto done = scrubber_->step(*log_, pace_.step_bytes());
  if (!done) return done.error();
  told(*done);
  const auto took = monotonic_now(self_) - now;
  const auto pause = pace_.pause(done->bytes, took);
  if (!done->pass_complete) return pause;
  begins_ = true;
  return std::max<std::chrono::nanoseconds>(pause, pass_began_ + settings_.pass_every - now - took);
}

void scrubber_state::told(const persistence::scrub_step& s) {
  if (s.damage && settings_.board->damaged(*s.damage)) {
    const auto text = "the log is damaged: " + persistence::sentence_of(*s.damage);
    record_of(self_).set_error(text);
    spdlog::error("{}", text);
  }
  if (s.pass_complete) {
    settings_.board->pass_complete();
    const auto damaged = settings_.board->damaged_places();
    if (damaged != 0) spdlog::warn("a pass over the log is complete: {} damaged places; see /api/v1/log", damaged);
  }
  settings_.board->show(scrubber_->progress(), scrubber_->events_proven(), s.bytes);
  if (!s.progress_unsaved.empty() && !std::exchange(unsaved_told_, true)) spdlog::warn("how far the log is scrubbed could not be kept: {}", s.progress_unsaved);
}

void scrubber_state::stop(const actor_error& reason) {
  // Killed, it is not to write anything any more.
  if (scrubber_ && reason == exit_reason::user_shutdown)
    if (auto saved = scrubber_->save(); !saved) spdlog::warn("how far the log is scrubbed could not be kept: {}", saved.error().message);
  self_->quit(reason);
}

}  // namespace tomnext::actors
