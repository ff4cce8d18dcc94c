// One connection, as actors see it: whoever is on the other side is a local actor here, and messages to it go across. Ends with its connection: nothing is
// resumed, and hosts that were behind it begin new lives on the next one.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/remote/endpoint.hpp"
#include "actors/remote/message_table.hpp"

namespace tomnext::remote {

/// Actors that either side knows by a number of its own, before any other has been named. The journal's side offers them.
enum class known_actor : std::uint64_t { journal = 1, reader = 2, keeper = 3, readiness = 4 };
inline constexpr std::uint64_t first_named_actor = 16;

/// One message from the peer, before it is handed on.
struct arrival {
  std::uint64_t to{};  ///< a known_actor, or one that the peer was told of
  method what{};
  actors::message_value& content;  ///< may be replaced
  const actors::actor_ptr& from;
};

class node_link;

struct link_settings {
  actors::actor_system* system = nullptr;
  std::string peer;                                               ///< for people
  std::map<known_actor, actors::actor_ptr> offered;               ///< whom the peer may send to at once
  std::function<result<void>(const node_link&, arrival&)> allow;  ///< an error: the peer may not say that, and the connection ends. Empty: all is allowed
  bool may_end_ours = false;                             ///< the peer may end actors of ours that it was told of: the journal, a host's life that is over
  std::function<void(const error&)> closed;              ///< on the endpoint's thread, when all of the other side is down here
  std::size_t outbox_bytes_max = std::size_t{64} << 20;  ///< what waits for the peer; where it is more, the connection ends
  std::size_t actors_max = 4'096;                        ///< of either side that the other one is told of
  std::size_t requests_max = 1'024;                      ///< of either side that are not answered
  std::chrono::seconds request_max{300};                 ///< a request that is older is not answered any more
};

/// What a stream of messages may hold in one of them: a snapshot of the largest state, say.
inline constexpr std::size_t message_bytes_max = persistence::snapshot_state_bytes_max + (std::size_t{1} << 20);

class node_link final : public conversation, public std::enable_shared_from_this<node_link> {
 public:
  node_link(link_settings settings, std::function<void()> wake);
  ~node_link() override;

  /// One of the peer's known actors, as a local one. Of the other side's kind of protocol, whoever holds the handle: that is not checked here.
  actors::actor_ptr known(known_actor who);

  /// Whether it is an actor of the other side of this connection.
  [[nodiscard]] bool is_remote(const actors::actor_ptr& who) const;

  result<void> received(std::string_view piece) override;
  std::string take(std::size_t most, std::uint64_t& groups) override;
  result<void> check(steady_time now) override;
  void closed(const error& why) override;

 private:
  friend class remote_actor;
  class references;
  struct asked {
    actors::actor_ptr who;
    actors::message_tag id;
    method what;
    steady_time since;
  };

  using named_actors = std::vector<actors::actor_ptr>;

  // ---- to the peer, any thread ----
  void forward(std::uint64_t to, actors::mail& m, actors::worker_ptr worker);
  std::optional<error> put_message(std::uint64_t to, actors::mail& m, named_actors& named);
  void put_answer(actors::message_tag id, const actors::message_parts& content, named_actors& named);
  void put_failure(std::uint64_t request, const error& why);
  void put_order(char kind, std::uint64_t number, const error& why);
  std::optional<error> queue(std::string_view message, std::uint64_t groups);
  void watch(const named_actors& named);
  void gone(std::uint64_t id, const error& why);

  // ---- from the peer, on the endpoint's thread ----
  result<void> handle(std::string_view message);
  result<void> handle_message(content_reader& r, bool request);
  result<void> handle_answer(content_reader& r, bool failed);
  result<void> handle_end(content_reader& r);
  result<void> handle_gone(content_reader& r);
  actors::actor_ptr imported(std::uint64_t number);

  const link_settings settings_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::unique_ptr<references> references_;
  std::map<std::uint64_t, actors::actor_ptr> ours_;           // that the peer knows, by our numbers
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;  // by actor id
  std::map<std::uint64_t, actors::actor_ptr> theirs_;         // by their numbers
  std::unordered_map<std::uint64_t, asked> asked_;            // by us, and not answered
  std::unordered_map<std::uint64_t, method> answering_;       // asked by the peer, and not answered
  std::uint64_t next_number_ = first_named_actor, next_request_ = 1;
  std::string outbox_;
  std::uint64_t taken_bytes_ = 0;          // before the outbox, since the beginning
  std::deque<std::uint64_t> group_marks_;  // of each group in the outbox: where its message begins, counted from the beginning
  std::string inbox_;                      // of the endpoint's thread: a message that has not all come yet
  std::optional<error> broken_;            // why this connection cannot go on
  bool closed_ = false;
  steady_time looked_at_{};  // for requests that are too old
};

}  // namespace tomnext::remote
