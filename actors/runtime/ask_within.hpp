// Requests that carry their call on: with the time that is left of it, not at all where none is, and no more at once than this framework can look up.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actors/runtime/call.hpp"
#include "actors/runtime/caf.hpp"

namespace tomnext::actors {

/// The requests of one actor that are unanswered; a member of its State. The framework looks through all of them for each answer: 879,000 answers a second
/// with 64 of them, 86,000 with 10,000.
class requests_in_flight {
 public:
  explicit requests_in_flight(std::size_t max = 500) : max_(max) {}
  [[nodiscard]] std::size_t now() const { return *count_; }

  /// A place among them, until it is released or gone. It may outlive its actor.
  class place {
   public:
    explicit place(std::shared_ptr<std::size_t> count) : count_(std::move(count)) { ++*count_; }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { release(); }
    void release() {
      if (const auto count = std::exchange(count_, nullptr)) --*count;
    }

   private:
    std::shared_ptr<std::size_t> count_;
  };
  /// errc::overloaded where all places are taken.
  result<std::shared_ptr<place>> take() {
    if (*count_ >= max_) return error(errc::overloaded, std::to_string(max_) + " requests of one actor are unanswered: it asks nothing more for now");
    return std::make_shared<place>(count_);
  }

 private:
  std::size_t max_;
  std::shared_ptr<std::size_t> count_ = std::make_shared<std::size_t>(0);
};

namespace detail {
using place_ref = std::shared_ptr<requests_in_flight::place>;
// The same function with the same parameters, which gives the place back first: then the handler may ask again in it.
template <class> struct releasing;
template <class C, class R, class... A> struct releasing<R (C::*)(A...) const> {
  template <class F> static auto wrap(F f, place_ref place) {
    return [f = std::move(f), place = std::move(place)](A... a) {
      place->release();
      f(std::forward<A>(a)...);
    };
  }
};
template <class C, class R, class... A> struct releasing<R (C::*)(A...)> {
  template <class F> static auto wrap(F f, place_ref place) {
    return [f = std::move(f), place = std::move(place)](A... a) mutable {
      place->release();
      f(std::forward<A>(a)...);
    };
  }
};
}  // namespace detail

/// A request that was made, or the reason why it was not.
template <class Handle> class sent_request {
 public:
  sent_request(Handle handle, detail::place_ref place) : handle_(std::move(handle)), place_(std::move(place)) {}
  explicit sent_request(error why) : why_(std::move(why)) {}
  /// One of both is called, once, in the asking actor: on_error before this returns, where nothing was sent.
  template <class F, class G> void then(F on_answer, G on_error) && {
    if (!handle_) return on_error(to_caf(why_));
    handle_->then(detail::releasing<decltype(&F::operator())>::wrap(std::move(on_answer), place_),
                  detail::releasing<decltype(&G::operator())>::wrap(std::move(on_error), place_));
  }

 private:
  std::optional<Handle> handle_;
  detail::place_ref place_;
  error why_;
};

/// Asks with what is left of the call as the deadline, and with its urgency. Nothing is sent where the call is given up (its reason), less than a millisecond is left
/// (errc::timed_out), the other is not there (errc::not_ready), or too much is in flight (errc::overloaded). The call itself is part of the content
/// where the other is to see it.
template <class Self, class To, class... T> auto ask_within(Self* self, requests_in_flight& flight, const call& c, const To& to, T&&... content) {
  using handle = decltype(ask(self, to, std::chrono::milliseconds(1), std::forward<T>(content)...));
  const auto now = self->clock().now();
  if (auto wanted = c.wanted(now); !wanted) return sent_request<handle>(wanted.error());
  const auto left = c.remaining(now);
  if (left.count() == 0) return sent_request<handle>(error(errc::timed_out, "nothing is left of the caller's deadline"));
  if (!to) return sent_request<handle>(error(errc::not_ready, "it has not started yet"));
  auto place = flight.take();
  if (!place) return sent_request<handle>(place.error());
  if (c.how == urgency::urgent) return sent_request<handle>(ask_urgently(self, to, left, std::forward<T>(content)...), std::move(*place));
  return sent_request<handle>(ask(self, to, left, std::forward<T>(content)...), std::move(*place));
}

/// What a handler looks at before it works: whether the caller still waits. Otherwise the error to answer with.
template <class Self> result<void> still_wanted(Self* self, const call_ref& c) {
  if (!c) return error(errc::invalid_argument, "a request without a call: every request has a deadline");
  return c->wanted(self->clock().now());
}

}  // namespace tomnext::actors
