#include "actors/runtime/address.hpp"

#include <utility>

namespace tomnext::actors {

address::address(caf::actor_config& config, std::string name, std::size_t backlog_max)
    : caf::monitorable_actor(config), name_(std::move(name)), backlog_max_(backlog_max) {}

error address::why_refused() const {
  if (retired_) return {errc::actor_down, name_ + " has ended"};
  return {errc::overloaded, name_ + " is being started again, and " + std::to_string(backlog_max_) + " messages wait for it already: try again later"};
}

void address::enqueue(caf::mailbox_element_ptr message, caf::execution_unit* worker) {
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
  if (getf(is_cleaned_up_flag)) return;
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
  std::deque<caf::mailbox_element_ptr> waited;
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    life_ = nullptr;
    waited.swap(backlog_);
  }
  for (auto& m : waited) refuse(*m, to_caf({errc::actor_down, name_ + " has ended"}), nullptr);
}

void address::close() {
  retire();
  cleanup(caf::exit_reason::user_shutdown, nullptr);
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

void address::on_destroy() {
  if (getf(is_cleaned_up_flag)) return;
  cleanup(caf::exit_reason::unreachable, nullptr);
  caf::monitorable_actor::on_destroy();
}

actor_ptr make_address(actor_system& system, std::string name, std::size_t backlog_max) {
  caf::actor_config config;
  return caf::make_actor<address, actor_ptr>(system.next_actor_id(), system.node(), &system, config, std::move(name), backlog_max);
}

address* as_address(const actor_ptr& p) { return dynamic_cast<address*>(caf::actor_cast<caf::abstract_actor*>(p)); }

}  // namespace tomnext::actors
