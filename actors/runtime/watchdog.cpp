#include "actors/runtime/watchdog.hpp"

#include <utility>

#include "actors/runtime/message_name.hpp"

namespace tomnext::actors {
namespace {
constexpr auto look_every = slow_handler / 2;
}

std::vector<slow_report> slow_watch::look(const std::vector<std::shared_ptr<const actor_record>>& records, std::chrono::steady_clock::time_point now) {
  std::vector<slow_report> all;
  for (const auto& r : records) {
    const auto busy = r->busy_now();
    if (busy.time < slow_handler) continue;
    const auto [known, fresh] = told_.try_emplace(r->name(), told{busy.message, now, 0});
    auto& last = known->second;
    if (!fresh && last.message == busy.message) continue;
    last.message = busy.message;
    if (!fresh && now - last.at < told_every) {
      ++last.untold;
      continue;
    }
    last.at = now;
    all.push_back({r->name(), message_name_text(busy.name), std::chrono::duration_cast<std::chrono::milliseconds>(busy.time), std::exchange(last.untold, 0)});
  }
  return all;
}

watchdog_state::watchdog_state(watchdog_protocol::pointer self, std::shared_ptr<const introspection> figures, std::function<void(const slow_report&)> tell)
    : self_(self), figures_(std::move(figures)), tell_(std::move(tell)) {}

watchdog_protocol::behavior_type watchdog_state::behavior() {
  tell_later(self_, look_every, watch_v);
  return {[this](watch_atom) {
    for (const auto& slow : watch_.look(figures_->records(), self_->clock().now())) tell_(slow);
    tell_later(self_, look_every, watch_v);
  }};
}

}  // namespace tomnext::actors
