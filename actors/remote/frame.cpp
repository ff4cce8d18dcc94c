#include "actors/remote/frame.hpp"

#include "persistence/bytes.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::remote {

using persistence::byte_reader, persistence::crc32c, persistence::put_number;

void put_frame(std::string& out, frame_kind kind, std::uint64_t number, std::uint64_t consumed, std::string_view body) {
  const auto begin = out.size();
  put_number(out, static_cast<std::uint32_t>(body.size()));
  put_number(out, static_cast<std::uint8_t>(kind));
  put_number(out, number);
  put_number(out, consumed);
  const auto crc = crc32c(body, crc32c(std::string_view(out).substr(begin)));
  put_number(out, crc);
  out += body;
}

result<std::optional<frame>> frame_reader::next() {
  const auto wrong = [](const std::string& why) { return error(errc::bad_request, "the peer sends no frame of ours: " + why); };
  const std::string_view all = std::string_view(bytes_).substr(begin_);
  if (all.size() < frame_head_bytes) return std::optional<frame>{};
  byte_reader head{all.substr(0, frame_head_bytes)};
  const auto length = head.number<std::uint32_t>();
  const auto kind = head.number<std::uint8_t>();
  frame f;
  f.kind = static_cast<frame_kind>(kind);
  f.number = head.number<std::uint64_t>();
  f.consumed = head.number<std::uint64_t>();
  const auto crc = head.number<std::uint32_t>();
  // The head is judged before the body is waited for: a length that is not allowed takes no memory.
  if (kind < 1 || kind > 3) return wrong("its kind is " + std::to_string(kind));
  if ((f.kind == frame_kind::hello) != (number_ == 0)) return wrong(number_ == 0 ? "the first one is not its greeting" : "it greets a second time");
  if (f.number != number_ + 1) return wrong("number " + std::to_string(f.number) + " comes after " + std::to_string(number_));
  const auto most = f.kind == frame_kind::hello ? hello_bytes_max : f.kind == frame_kind::heartbeat ? 0 : frame_bytes_max;
  if (length > most) return wrong("a body of " + std::to_string(length) + " bytes, where " + std::to_string(most) + " are allowed");
  if (all.size() < frame_head_bytes + length) return std::optional<frame>{};
  f.body = all.substr(frame_head_bytes, length);
  if (crc32c(f.body, crc32c(all.substr(0, frame_head_bytes - 4))) != crc) return wrong("the checksum of frame " + std::to_string(f.number) + " does not match");
  number_ = f.number;
  begin_ += frame_head_bytes + length;
  if (begin_ == bytes_.size() || begin_ > frame_bytes_max) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  return std::optional<frame>(std::move(f));
}

}  // namespace tomnext::remote
