// The sockets of a node's links, on one thread: listens for peers or connects to one, and keeps each conversation going. Knows no actors.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "actors/remote/session.hpp"
#include "actors/remote/tls.hpp"

namespace tomnext::remote {

/// What is said on one connection. All but `wake`, which it is made with, is called on the endpoint's thread.
class conversation {
 public:
  virtual ~conversation() = default;
  /// The next piece of the peer's stream of messages. An error ends the connection: the peer has misbehaved.
  virtual result<void> received(std::string_view piece) = 0;
  /// Takes what waits for the peer, up to `most` bytes; empty: nothing. `groups`: how many groups of events begin in it.
  virtual std::string take(std::size_t most, std::uint64_t& groups) = 0;
  /// Called before each take. An error ends the connection: it cannot go on.
  virtual result<void> check(steady_time now) = 0;
  /// The connection is over, and why. Called once.
  virtual void closed(const error& why) = 0;
};
/// Called when a peer is admitted. `wake` may be called from any thread when there is something to take.
using begin_conversation = std::function<result<std::shared_ptr<conversation>>(const greeting& peer, std::function<void()> wake)>;

struct endpoint_settings {
  std::string address = "127.0.0.1";  ///< IPv4 of this node to listen at, or of the peer to connect to
  std::uint16_t port = 0;
  tls_files files;
  std::vector<std::string> peers;  ///< names in the certificates of those who may connect; or of the one to connect to
  greeting mine;                   ///< with this node's name, which its certificate bears
  session_limits limits;
  std::size_t greeting_max = 32;                                   ///< connections whose peers have not said yet who they are; those beyond are closed at once
  std::chrono::milliseconds backoff_min{100}, backoff_max{5'000};  ///< between two attempts to connect, jittered
  begin_conversation begin;
  std::function<bool()> may_connect;             ///< asked before each attempt; empty: always
  std::function<void(const std::string&)> tell;  ///< a line for the operator: the first refusal of each kind, connections that begin and end
};

/// Since the endpoint was made; of all its connections.
struct endpoint_figures {
  std::uint64_t connections = 0;  ///< that were admitted
  std::uint64_t open = 0;         ///< now
  std::array<std::uint64_t, refusal_kinds> refused{};
  std::uint64_t frames_out = 0, frames_in = 0;  ///< with messages
  std::uint64_t bytes_out = 0, bytes_in = 0;    ///< before encryption, heartbeats included
  std::uint64_t groups_out = 0;
  std::uint64_t groups_per_frame_max = 0;
  std::uint64_t out_of_credit = 0;  ///< times that something waited since the peer had not consumed what it was sent
  std::uint64_t silent = 0;         ///< peers that were given up after their silence
};
[[nodiscard]] std::string to_json(const endpoint_figures& f);

class endpoint {
 public:
  /// errc::configuration_value: files, address. errc::network_io: the port cannot be had.
  static result<std::unique_ptr<endpoint>> listen(endpoint_settings settings);
  /// Connects again and again, one connection at a time, until it is stopped.
  static result<std::unique_ptr<endpoint>> connect(endpoint_settings settings);
  /// Ends all connections; conversations hear of it.
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] endpoint_figures figures() const;
  void stop();

 private:
  struct waker;
  struct connection;
  endpoint(endpoint_settings settings, std::shared_ptr<const tls_context> tls, int listener, std::uint16_t port);
  void run();
  steady_time wake_at(steady_time now) const;
  void accept_all(steady_time now);
  void connect_if_due(steady_time now);
  void adopt(int socket, steady_time now, bool connecting);
  void serve(connection& c, steady_time now);
  result<void> advance(connection& c, steady_time now);
  result<void> handshake(connection& c);
  result<void> read(connection& c, steady_time now);
  result<void> write(connection& c, steady_time now);
  void fill(connection& c, steady_time now);
  result<void> admit(connection& c, const greeting& theirs);
  void end(connection& c, const error& why);
  void refuse(refusal how, const std::string& why);
  template <class F> void count(F change) {
    const std::scoped_lock lock(mutex_);
    change(figures_);
  }

  endpoint_settings settings_;
  std::shared_ptr<const tls_context> tls_;
  std::shared_ptr<waker> waker_;
  int listener_;  // below 0: it connects
  std::uint16_t port_;
  std::vector<std::unique_ptr<connection>> connections_;  // of the thread
  steady_time attempt_at_{};
  std::uint64_t attempts_ = 0;  // that failed one after the other
  bool told_attempt_ = false;
  mutable std::mutex mutex_;
  endpoint_figures figures_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tomnext::remote
