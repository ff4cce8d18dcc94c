#include "actors/runtime/address.hpp"

#include <utility>

namespace tomnext::actors {

address::address(spawn_config& config, std::string name, std::size_t backlog_max) : stand_in(config, std::move(name)), backlog_max_(backlog_max) {}

error address::why_refused() const {
  if (retired_) return {errc::actor_down, own_name() + " has ended"};
  return {errc::overloaded, own_name() + " is being started again, and " + std::to_string(backlog_max_) + " messages wait for it already: try again later"};
}

void address::take(mail_ptr message, worker_ptr worker) {
  actor_ptr life;
  {
    std::unique_lock lock(mutex_);
    if (!life_) {
      if (is_system_message(*message)) return;
      if (!retired_ && backlog_.size() < backlog_max_) return backlog_.push_back(std::move(message));
      ++refused_;
      auto why = to_caf(why_refused());
      lock.unlock();  // the answer may come back here
      return refuse(*message, std::move(why), worker);
    }
    life = life_;
  }
  life->enqueue(std::move(message), worker);
}

void address::bind(actor_ptr life) {
  const std::lock_guard lock(mutex_);
  if (ended()) return;
  retired_ = false;
  life_ = std::move(life);
  // Under the lock, so that nobody overtakes those who have waited. A mailbox takes them without calling back.
  for (auto& m : std::exchange(backlog_, {})) life_->enqueue(std::move(m), nullptr);
}

void address::unbind(const actor_ptr& life) {
  const std::lock_guard lock(mutex_);
  if (life_ == life) life_ = nullptr;
}

void address::retire() {
  std::deque<mail_ptr> waited;
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    life_ = nullptr;
    waited.swap(backlog_);
  }
  for (auto& m : waited) refuse(*m, to_caf({errc::actor_down, own_name() + " has ended"}), nullptr);
}

void address::close() {
  retire();
  end(exit_reason::user_shutdown);
}

actor_ptr address::life() const {
  const std::lock_guard lock(mutex_);
  return life_;
}
std::size_t address::waiting() const {
  const std::lock_guard lock(mutex_);
  return backlog_.size();
}
std::uint64_t address::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

actor_ptr make_address(actor_system& system, std::string name, std::size_t backlog_max) { return make_stand_in<address>(system, std::move(name), backlog_max); }

address* as_address(const actor_ptr& p) { return stand_in_behind<address>(p); }

}  // namespace tomnext::actors
