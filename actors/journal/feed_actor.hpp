// Serves the readers of the durable feed on a thread of its own: each at its own pace, from memory or from the log, and none at the writer's expense.
#pragma once
#include <chrono>

#include "actors/journal/feed_link.hpp"
#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

struct feed_settings {
  std::chrono::seconds stall_after{30};    ///< a reader that has something and has returned nothing for so long is reported; 0: never
  std::shared_ptr<introspection> figures;  ///< where the lag of each reader is shown, under its name; may be null
};

/// Readers at the head are served by the writer, through the link, as long as nobody waits for one; this actor serves those that catch up, takes their credit
/// back and watches them. A reader costs its place, and what it was given within its credit. What it does not take stays in the log. A new life of this actor
/// goes on where the old one was; what readers said to the old one may be lost with it, so each is asked once with an empty message, which it answers behind
/// all that it was given.
class feed_state {
 public:
  feed_state(feed_protocol::pointer self, std::shared_ptr<feed_link> link, const writer_protocol& writer, feed_settings settings);
  ~feed_state();
  feed_state(const feed_state&) = delete;
  feed_state& operator=(const feed_state&) = delete;
  feed_protocol::behavior_type behavior();

 private:
  using reader = feed_link::reader;
  struct waiting {
    std::string name;  // empty: all readers
    std::uint64_t seq;
    promise_guard<std::uint64_t> promise;
  };
  void take_over();
  void ask_outstanding();
  result<std::uint64_t> subscribe(const feed_wish& wish);
  void serve();
  bool serve(const std::string& name, reader& r);
  void done(const std::string& name, std::uint64_t seq);
  void gone(const weak_actor& who);
  void look_for_stalls();
  void settle_promises();
  [[nodiscard]] std::uint64_t lag_of(const std::string& name) const;
  void show_lag(const std::string& name) const;
  [[nodiscard]] std::string status() const;

  feed_protocol::pointer self_;
  std::shared_ptr<feed_link> link_;
  actor_ptr writer_;
  feed_settings settings_;
  std::vector<waiting> settlements_;
  bool known_to_writer_ = false;
  bool going_on_ = false;  // a message to itself is on its way: somebody has more to catch up
};

}  // namespace tomnext::actors
