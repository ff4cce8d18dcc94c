// What lies on a connection between two nodes: numbered frames with a checksum, one behind the other. Knows no sockets, no actors and no clock.
//
//   body length u32 · kind u8 · number u64, from 1, ascending by 1 · consumed u64 · crc32c of all this and the body, u32 · body. Little-endian.
//
// TLS keeps strangers from changing a byte; numbers and checksums find our own mistakes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::remote {

enum class frame_kind : std::uint8_t {
  hello = 1,      ///< the first frame of either side: a greeting
  messages = 2,   ///< a piece of the stream of messages
  heartbeat = 3,  ///< no body: the sender lives
};

inline constexpr std::size_t frame_head_bytes = 4 + 1 + 8 + 8 + 4;
/// Of a greeting: nothing larger is looked at before the peer has said who it is.
inline constexpr std::size_t hello_bytes_max = 1'024;
/// Of any other. Longer messages lie in several frames, so that a heartbeat waits for one frame at most.
inline constexpr std::size_t frame_bytes_max = std::size_t{256} << 10;

struct frame {
  frame_kind kind{};
  std::uint64_t number{};
  std::uint64_t consumed{};  ///< of the other side's message bodies, in bytes since the beginning: gives it credit for more
  std::string body;
};

/// Appends it to `out`. The body fits: hello_bytes_max or frame_bytes_max.
void put_frame(std::string& out, frame_kind kind, std::uint64_t number, std::uint64_t consumed, std::string_view body);

/// Takes bytes as they come, and gives frames. After an error nothing more is read.
class frame_reader {
 public:
  void add(std::string_view bytes) { bytes_.append(bytes); }
  /// The next whole frame; nothing where it has not all come yet. errc::bad_request: no frame of ours, too long, out of order or damaged.
  /// The first frame is the greeting, and no later one is.
  result<std::optional<frame>> next();
  /// Never more than one frame and what was added with its end.
  [[nodiscard]] std::size_t waiting() const { return bytes_.size() - begin_; }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
  std::uint64_t number_ = 0;  // of the last one
};

}  // namespace tomnext::remote
