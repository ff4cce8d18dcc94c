#include "actors/runtime/cancellation.hpp"

#include <algorithm>

namespace tomnext::actors {
namespace detail {
namespace {

constexpr unsigned depth_max = 64;

}  // namespace

cancellation_node::~cancellation_node() {
  if (!parent_) return;
  const std::lock_guard lock(parent_->mutex_);
  parent_->children_.erase(number_in_parent_);
}

bool cancellation_node::cancel(const error& why) {
  // First all flags, so that loops stop while reactions still run.
  std::vector<std::shared_ptr<cancellation_node>> marked;
  mark(why, marked);
  for (const auto& node : marked) node->run_reactions();
  return !marked.empty();
}

std::optional<error> cancellation_node::reason() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

void cancellation_node::mark(const error& why, std::vector<std::shared_ptr<cancellation_node>>& marked) {
  std::map<std::uint64_t, std::weak_ptr<cancellation_node>> children;
  {
    const std::lock_guard lock(mutex_);
    if (why_) return;
    why_ = why;
    fired.store(true, std::memory_order_relaxed);
    children.swap(children_);
  }
  marked.push_back(shared_from_this());
  for (const auto& [number, weak] : children)
    if (const auto child = weak.lock()) child->mark(why, marked);
}

void cancellation_node::run_reactions() {
  std::unique_lock lock(mutex_);
  runner_ = std::this_thread::get_id();
  while (!reactions_.empty()) {
    auto next = reactions_.extract(reactions_.begin());
    running_ = next.key();
    lock.unlock();
    next.mapped()(*why_);  // written once, before anybody runs this
    next.mapped() = nullptr;
    lock.lock();
    running_ = 0;
    reaction_ended_.notify_all();
  }
}

result<std::shared_ptr<cancellation_node>> cancellation_node::add_child(time_point until) {
  if (depth_ >= depth_max) return error(errc::overloaded, "cancellation: a tree of tokens is at most " + std::to_string(depth_max) + " deep");
  auto child = std::make_shared<cancellation_node>(std::min(until, deadline));
  child->depth_ = depth_ + 1;
  const std::lock_guard lock(mutex_);
  if (why_) {
    child->why_ = why_;
    child->fired.store(true, std::memory_order_relaxed);
    return child;
  }
  if (full()) return error(errc::overloaded, "cancellation: 4096 tokens and reactions hang on one token already");
  child->number_in_parent_ = ++numbers_;
  child->parent_ = shared_from_this();
  children_.emplace(child->number_in_parent_, child);
  return child;
}

result<std::uint64_t> cancellation_node::add_reaction(reaction r) {
  {
    const std::lock_guard lock(mutex_);
    if (!why_) {
      if (full()) return error(errc::overloaded, "cancellation: 4096 tokens and reactions hang on one token already");
      reactions_.emplace(++numbers_, std::move(r));
      return numbers_;
    }
  }
  r(*why_);
  return std::uint64_t{0};
}

void cancellation_node::forget_reaction(std::uint64_t number) {
  reaction forgotten;  // let go of after the lock
  std::unique_lock lock(mutex_);
  if (const auto found = reactions_.find(number); found != reactions_.end()) {
    forgotten = std::move(found->second);
    reactions_.erase(found);
    return;
  }
  if (running_ == number && runner_ == std::this_thread::get_id()) return;
  reaction_ended_.wait(lock, [&] { return running_ != number; });
}

}  // namespace detail

result<cancellation_source> cancellation_source::below(const cancellation_token& parent, time_point deadline) {
  if (!parent.node_) return cancellation_source(deadline);
  auto child = parent.node_->add_child(deadline);
  if (!child) return child.error();
  return cancellation_source(std::move(*child));
}

}  // namespace tomnext::actors
