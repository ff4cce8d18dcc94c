// One connection's conversation, without a socket: greeting, frames, credit, heartbeats and deadlines. Bytes and the time are handed in.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "actors/remote/frame.hpp"
#include "domain/base/text.hpp"

namespace tomnext::remote {

using steady_time = std::chrono::steady_clock::time_point;

/// The version of frames and messages. A peer of another one is refused.
inline constexpr std::uint32_t link_version = 1;

/// What either side says first. Both must have the same version, fingerprint and configuration: nothing is translated between builds.
struct greeting {
  std::uint32_t version = link_version;
  std::uint64_t fingerprint{};  ///< of all messages that may come, and of all events in them
  std::uint64_t run{};          ///< drawn once a process: tells one life of a node from the next
  hash256 configuration;        ///< of the deployment
  std::string name;             ///< as in its certificate
};
[[nodiscard]] std::string encode(const greeting& g);
result<greeting> decode_greeting(std::string_view bytes);
/// Whether two that greet each other so can work together.
result<void> may_talk(const greeting& mine, const greeting& theirs);

struct session_limits {
  std::chrono::milliseconds hello_within{5'000};        ///< from the connection to the greeting, TLS included
  std::chrono::milliseconds heartbeat_every{500};       ///< whoever has sent nothing for so long says that it lives
  std::chrono::milliseconds silence_max{3'000};         ///< a peer that has said nothing for so long is dead: the stated deadline
  std::uint64_t credit_bytes = std::uint64_t{8} << 20;  ///< of message bodies on their way to a peer that has not consumed them
};

class session {
 public:
  /// Called with the peer's greeting; an error ends the session.
  using admit = std::function<result<void>(const greeting&)>;
  /// Called with each piece of the stream of messages; an error ends the session.
  using receive = std::function<result<void>(std::string_view)>;

  session(session_limits limits, const greeting& mine, steady_time now, admit admitted, receive received);

  /// Bytes from the peer. After an error the session is over.
  result<void> take(std::string_view bytes, steady_time now);
  /// To be called at wake_at() at the latest. errc::timed_out: the peer is silent, or has not greeted in time.
  result<void> tick(steady_time now);
  [[nodiscard]] steady_time wake_at() const;

  /// Both sides have greeted.
  [[nodiscard]] bool open() const { return open_; }
  /// How much may be sent now: 0 while the peer has not consumed what was.
  [[nodiscard]] std::size_t may_send() const;
  /// A piece of the stream of messages, of 1 to frame_bytes_max bytes.
  void say(std::string_view body, steady_time now);
  /// Bytes for the peer, in order; the caller erases what it has written.
  std::string& output() { return output_; }
  [[nodiscard]] std::uint64_t unconsumed_bytes() const { return sent_bytes_ - consumed_by_peer_; }

 private:
  void put(frame_kind kind, std::string_view body, steady_time now);
  result<void> handle(const frame& f);

  session_limits limits_;
  admit admitted_;
  receive received_;
  frame_reader reader_;
  std::string output_;
  bool open_ = false;
  steady_time begun_, heard_, spoke_;
  std::uint64_t number_ = 0;                             // of the last frame sent
  std::uint64_t sent_bytes_ = 0, consumed_by_peer_ = 0;  // of message bodies
  std::uint64_t consumed_ = 0, told_consumed_ = 0;
};

}  // namespace tomnext::remote
