#include "persistence/anchor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::string_view magic = "tomnext1";
using slot = std::array<char, slot_bytes>;
constexpr std::size_t crc_at = 8 + 8 + 8 + 32;

slot encode(const log_head& h) {
  slot s{};
  char* p = s.data();
  std::memcpy(p, magic.data(), 8);
  std::memcpy(p + 8, &h.epoch, 8);
  std::memcpy(p + 16, &h.seq, 8);
  std::memcpy(p + 24, h.chain_hash.bytes.data(), 32);
  // The checksum covers the whole slot, padding too: no bit of the file is without a witness.
  const auto crc = crc32c({s.data(), slot_bytes});
  std::memcpy(p + crc_at, &crc, 4);
  return s;
}

std::optional<log_head> decode(slot s) {
  std::uint32_t stored = 0;
  std::memcpy(&stored, s.data() + crc_at, 4);
  std::memset(s.data() + crc_at, 0, 4);
  if (std::string_view(s.data(), 8) != magic || crc32c({s.data(), slot_bytes}) != stored) return std::nullopt;
  log_head h;
  std::memcpy(&h.epoch, s.data() + 8, 8);
  std::memcpy(&h.seq, s.data() + 16, 8);
  std::memcpy(h.chain_hash.bytes.data(), s.data() + 24, 32);
  return h;
}

bool newer(const std::optional<log_head>& a, const std::optional<log_head>& b) {
  return a && (!b || std::pair(a->epoch, a->seq) > std::pair(b->epoch, b->seq));
}

}  // namespace

anchor::anchor(anchor&& o) noexcept : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), newest_(o.newest_), next_slot_(o.next_slot_) {}
anchor::~anchor() {
  if (fd_ >= 0) calls().close(fd_);
}

result<anchor> anchor::create(const std::string& path) {
  const auto empty = encode({});
  std::string both(empty.data(), empty.size());
  both += both;
  TOMNEXT_TRY(write_durably(path, both));
  return open(path);
}

result<anchor::slots> anchor::load(const std::string& path) {
  auto bytes = read_file(path, 1 << 20);
  if (!bytes) return bytes.error();
  if (bytes->size() != 2 * slot_bytes)
    return error(errc::log_corrupt, path + ": is " + std::to_string(bytes->size()) + " bytes, not " + std::to_string(2 * slot_bytes));
  std::array<slot, 2> raw{};
  std::memcpy(raw.data(), bytes->data(), bytes->size());
  slots found{decode(raw[0]), decode(raw[1])};
  if (!found.first && !found.second)
    return error(errc::log_corrupt, path + ": neither slot of the anchor is readable, so nothing tells how much the log must hold; restore it from a backup");
  return found;
}

result<anchor> anchor::open(const std::string& path) {
  auto found = load(path);
  if (!found) return found.error();
  anchor a(calls().open(path.c_str(), O_RDWR | O_CLOEXEC, 0), path);
  if (a.fd_ < 0) return error(errc::log_io, path + ": " + std::strerror(errno));
  const bool second = newer(found->second, found->first);
  a.newest_ = second ? *found->second : *found->first;
  a.next_slot_ = second ? 0 : 1;
  return a;
}

result<log_head> anchor::read(const std::string& path) {
  auto found = load(path);
  if (!found) return found.error();
  return newer(found->second, found->first) ? *found->second : *found->first;
}

result<log_head> anchor::verify(const std::string& path) {
  auto found = load(path);
  if (!found) return found.error();
  for (const auto* s : {&found->first, &found->second})
    if (!*s)
      return error(errc::log_corrupt, path + ": offset " + std::to_string(s == &found->first ? 0 : slot_bytes) + ": the checksum of this slot does not match");
  return newer(found->second, found->first) ? *found->second : *found->first;
}

result<void> anchor::store(const log_head& head) {
  const auto s = encode(head);
  if (calls().pwrite(fd_, s.data(), s.size(), static_cast<off_t>(next_slot_ * slot_bytes)) != static_cast<ssize_t>(s.size()) || calls().fdatasync(fd_) != 0)
    return error(errc::log_io, path_ + ": " + std::strerror(errno));
  newest_ = head;
  next_slot_ ^= 1;
  return {};
}

}  // namespace tomnext::persistence
