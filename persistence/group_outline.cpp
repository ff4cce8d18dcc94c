#include "persistence/group_outline.hpp"

#include <cstring>

#include "persistence/checksum.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

/// The byte behind a varint; nullptr where it is cut short. A group's varints were checked when it was written: here they are passed over.
const char* pass(const char* p, const char* end) {
  for (int i = 0; i < 10 && p < end; ++i)
    if (static_cast<unsigned char>(*p++) < 0x80) return p;
  return nullptr;
}

/// Numbers that an envelope's flags announce, in bytes that follow: two for host and incarnation, one for each of the others but depth, which is one byte.
const char* pass_fields(const char* p, const char* end, unsigned flags) {
  static constexpr unsigned host = 1, depth = 128, one_varint_each = 2 | 4 | 8 | 16 | 32 | 64;
  int count = __builtin_popcount(flags & one_varint_each) + ((flags & host) != 0 ? 2 : 0);
  for (; count > 0 && p != nullptr; --count) p = pass(p, end);
  if (p != nullptr && (flags & depth) != 0) p = p < end ? p + 1 : nullptr;
  return p;
}

error newer(std::uint64_t seq, std::uint64_t type, unsigned version) {
  if (type >= event_numbers || newest_version(static_cast<std::uint16_t>(type)) == 0)
    return {errc::log_newer_version, "event " + std::to_string(seq) + " has type " + std::to_string(type) + ", which this build does not know"};
  const auto known = newest_version(static_cast<std::uint16_t>(type));
  return {errc::log_newer_version, "event " + std::to_string(seq) + " is " + std::string(event_name(static_cast<std::uint16_t>(type))) + " of version " +
                                       std::to_string(version) + "; this build knows it up to version " + std::to_string(known)};
}

/// newest_version of each type, looked up once.
const std::array<std::uint8_t, event_numbers>& known_versions() {
  static const auto table = [] {
    std::array<std::uint8_t, event_numbers> t{};
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = newest_version(static_cast<std::uint16_t>(i));
    return t;
  }();
  return table;
}

}  // namespace

result<group_outline> outline_group(std::string_view bytes, const event_type_set& wanted) {
  if (bytes.size() < 5 || bytes.size() > group_bytes_max) return damaged_group(std::to_string(bytes.size()) + " bytes");
  std::uint32_t stored = 0;
  std::memcpy(&stored, bytes.data() + bytes.size() - 4, 4);
  const auto body = bytes.substr(0, bytes.size() - 4);
  if (crc32c(body) != stored) return damaged_group("its checksum does not match");
  const auto head = decode_group_head(body);
  if (!head) return head.error();
  group_outline o{head->epoch, head->first_seq, head->first_seq + head->count - 1, head->previous, false, std::nullopt};
  if (is_encrypted(body)) {
    const auto encrypted = decode_encrypted_head(body);
    if (!encrypted) return encrypted.error();
    o.key_id = encrypted->key_id;
    return o;
  }
  const char* const end = body.data() + body.size();
  const char* p = body.data() + 1;
  for (int i = 0; i < 3; ++i) p = pass(p, end);  // epoch, first seq, count: they have been read
  p += head->previous.bytes.size();
  const auto& known = known_versions();
  const unsigned size_shift = head->has_differences ? 1 : 0;
  for (std::uint64_t seq = o.first_seq; seq <= o.last_seq; ++seq) {
    auto cut = [&] { return damaged_group("event " + std::to_string(seq) + " is cut short"); };
    if (p >= end) return cut();
    const unsigned flags = static_cast<unsigned char>(*p++);
    std::uint64_t type = 0, size = 0;
    p = wire::get_varint(p, end, type);
    if (p == nullptr || p >= end) return cut();
    const unsigned version = static_cast<unsigned char>(*p++);
    p = pass_fields(p, end, flags);
    if (p != nullptr) p = wire::get_varint(p, end, size);
    size >>= size_shift;
    if (p == nullptr || static_cast<std::uint64_t>(end - p) < size) return cut();
    if (type >= event_numbers || version > known[type]) return newer(seq, type, version);
    if (version == 0) return damaged_group("event " + std::to_string(seq) + " has version 0");
    o.has_wanted = o.has_wanted || wanted[type];
    p += size;
  }
  if (p != end) return damaged_group("bytes after its last event");
  return o;
}

result<checked_group> check_as_far_as_possible(std::string_view bytes) {
  auto g = decode_group(bytes);
  if (g) {
    group_outline o{g->events->epoch, g->events->first_seq(), g->events->last_seq(), g->previous, false, std::nullopt};
    if (is_encrypted(bytes)) o.key_id = decode_encrypted_head(bytes.substr(0, bytes.size() - 4))->key_id;
    return checked_group{o, std::move(g->events)};
  }
  if (g.error().code != errc::log_key) return g.error();
  auto o = outline_group(bytes, {});
  if (!o) return o.error();
  return checked_group{*o, {}};
}

}  // namespace tomnext::persistence
