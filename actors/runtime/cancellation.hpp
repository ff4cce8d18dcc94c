// Tells work that nobody wants it any more: from a source down a tree of tokens, at once and from any thread. Knows no actors.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::actors {

namespace detail {
/// One node of the tree. It holds its parent alive, and its parent only knows of it.
class cancellation_node : public std::enable_shared_from_this<cancellation_node> {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using reaction = std::function<void(const error&)>;

  explicit cancellation_node(time_point until) : deadline(until) {}
  cancellation_node(const cancellation_node&) = delete;
  cancellation_node& operator=(const cancellation_node&) = delete;
  ~cancellation_node();

  bool cancel(const error& why);
  [[nodiscard]] std::optional<error> reason() const;
  /// errc::overloaded where too much hangs on this node already. A child of a cancelled node is born cancelled.
  result<std::shared_ptr<cancellation_node>> add_child(time_point until);
  /// The number to forget it by; 0: it ran at once, since the node is cancelled already.
  result<std::uint64_t> add_reaction(reaction r);
  /// Afterwards it does not run any more, nor is it running: unless this is the thread that runs it.
  void forget_reaction(std::uint64_t number);

  std::atomic<bool> fired{false};
  const time_point deadline;

 private:
  void mark(const error& why, std::vector<std::shared_ptr<cancellation_node>>& marked);
  void run_reactions();
  [[nodiscard]] bool full() const { return reactions_.size() + children_.size() >= 4'096; }

  std::shared_ptr<cancellation_node> parent_;
  std::uint64_t number_in_parent_ = 0;
  unsigned depth_ = 1;

  mutable std::mutex mutex_;
  std::condition_variable reaction_ended_;
  std::optional<error> why_;
  std::uint64_t numbers_ = 0;
  std::map<std::uint64_t, reaction> reactions_;  // in the order in which they came
  std::map<std::uint64_t, std::weak_ptr<cancellation_node>> children_;
  std::uint64_t running_ = 0;  // the number of the reaction that runs now
  std::thread::id runner_;
};
}  // namespace detail

/// While it lives, its reaction will run. It ends the registration; where the reaction is running in another thread, it waits for it.
class [[nodiscard]] cancellation_reaction {
 public:
  cancellation_reaction() = default;
  cancellation_reaction(cancellation_reaction&& other) noexcept : node_(std::move(other.node_)), number_(std::exchange(other.number_, 0)) {}
  cancellation_reaction& operator=(cancellation_reaction&& other) noexcept {
    if (this == &other) return *this;
    end();
    node_ = std::move(other.node_);
    number_ = std::exchange(other.number_, 0);
    return *this;
  }
  ~cancellation_reaction() { end(); }
  void end() {
    if (node_ && number_ != 0) node_->forget_reaction(number_);
    node_.reset();
    number_ = 0;
  }

 private:
  friend class cancellation_token;
  cancellation_reaction(std::shared_ptr<detail::cancellation_node> node, std::uint64_t number) : node_(std::move(node)), number_(number) {}
  std::shared_ptr<detail::cancellation_node> node_;
  std::uint64_t number_ = 0;
};

/// What work looks at. Cheap to copy; a default one is never cancelled.
class cancellation_token {
 public:
  using time_point = detail::cancellation_node::time_point;
  static constexpr time_point never = time_point::max();

  cancellation_token() = default;
  /// For loops: one relaxed load. It knows no clock; who sets a deadline cancels when it has passed.
  [[nodiscard]] bool cancelled() const { return node_ && node_->fired.load(std::memory_order_relaxed); }
  /// Why; nothing while it is not cancelled.
  [[nodiscard]] std::optional<error> reason() const { return node_ ? node_->reason() : std::nullopt; }
  /// The earliest deadline between here and the root.
  [[nodiscard]] time_point deadline() const { return node_ ? node_->deadline : never; }

  /// Runs f(reason) once: in the thread that cancels, or here and now where that has happened. f throws nothing and does not wait for this token's work.
  /// Before the first reaction runs, all tokens of the tree read cancelled. errc::overloaded where 4,096 reactions and children hang on it already.
  template <class F> result<cancellation_reaction> on_cancel(F f) const {
    static_assert(std::is_nothrow_invocable_v<F&, const error&>, "declare it noexcept: it runs in the thread of whoever cancels");
    if (!node_) return cancellation_reaction();
    auto number = node_->add_reaction(std::move(f));
    if (!number) return number.error();
    return cancellation_reaction(node_, *number);
  }

 private:
  friend class cancellation_source;
  explicit cancellation_token(std::shared_ptr<detail::cancellation_node> node) : node_(std::move(node)) {}
  std::shared_ptr<detail::cancellation_node> node_;
};

/// Who may cancel. Its end cancels nothing.
class cancellation_source {
 public:
  using time_point = cancellation_token::time_point;

  explicit cancellation_source(time_point deadline = cancellation_token::never) : node_(std::make_shared<detail::cancellation_node>(deadline)) {}
  /// Cancelled with its parent, and by itself; with the earlier of both deadlines. At most 64 deep: errc::overloaded beyond, and where the parent has 4,096.
  static result<cancellation_source> below(const cancellation_token& parent, time_point deadline = cancellation_token::never);

  [[nodiscard]] cancellation_token token() const { return cancellation_token(node_); }
  /// The first one wins: false where it is cancelled already. Returns when all reactions have run that this call has to run.
  bool cancel(const error& why = {errc::cancelled, "cancelled"}) const { return node_->cancel(why); }

 private:
  explicit cancellation_source(std::shared_ptr<detail::cancellation_node> node) : node_(std::move(node)) {}
  std::shared_ptr<detail::cancellation_node> node_;
};

}  // namespace tomnext::actors
