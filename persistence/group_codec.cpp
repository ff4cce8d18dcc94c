#include "persistence/group_codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>

#include "persistence/checksum.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/payload_difference.hpp"
#include "persistence/prefetch.hpp"
#include "persistence/upcasters.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

constexpr unsigned char plain = 1, with_differences = 2;
constexpr std::size_t envelope_bytes_max = 96;
constexpr std::size_t event_bytes_min = 4;  // flags, type, version, payload length
enum flag : std::uint8_t {
  has_host = 1,
  has_at = 2,
  has_cause = 4,
  has_position = 8,
  has_correlation = 16,
  has_ordinal = 32,
  has_source = 64,
  has_depth = 128
};

/// Wraps instead of overflowing: reading adds it back the same way.
std::int64_t difference(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)); }

using wire::get_varint, wire::put_varint, wire::unzigzag, wire::zigzag;

/// One for each thread that writes groups, and one for each that reads them: a memory is of one group, and too large to be made anew for each.
payload_memory& written_payloads() {
  static thread_local payload_memory m;
  return m;
}
payload_memory& read_payloads() {
  static thread_local payload_memory m;
  return m;
}

constexpr std::size_t kept_room_bytes = std::size_t{512} << 10;

/// Room to write a group into, which nobody has to clear: a thread keeps its own where it is of an ordinary size.
class writing_room {
 public:
  explicit writing_room(std::size_t bytes) {
    if (bytes <= kept_room_bytes) {
      static thread_local const auto kept = std::make_unique_for_overwrite<char[]>(kept_room_bytes);
      begin_ = kept.get();
    } else {
      own_ = std::make_unique_for_overwrite<char[]>(bytes);
      begin_ = own_.get();
    }
  }
  [[nodiscard]] char* begin() const { return begin_; }

 private:
  std::unique_ptr<char[]> own_;
  char* begin_;
};

char* put_event(char* p, const event& e, const header& before, payload_memory& memory) {
  const header& h = e.head;
  unsigned flags = 0;
  if (h.host != before.host || h.incarnation != before.incarnation) flags |= has_host;
  if (h.at != before.at) flags |= has_at;
  if (h.cause != 0) flags |= has_cause;
  if (h.position != h.cause) flags |= has_position;
  if (h.correlation != h.seq) flags |= has_correlation;
  if (h.ordinal != 0) flags |= has_ordinal;
  if (h.source != 0) flags |= has_source;
  if (h.depth != 0) flags |= has_depth;
  *p++ = static_cast<char>(flags);
  p = put_varint(p, h.type);
  *p++ = static_cast<char>(h.version);
  if ((flags & has_host) != 0) p = put_varint(put_varint(p, h.host.value), h.incarnation);
  if ((flags & has_at) != 0) p = put_varint(p, zigzag(difference(h.at.ns, before.at.ns)));
  if ((flags & has_cause) != 0) p = put_varint(p, h.seq - h.cause);
  if ((flags & has_position) != 0) p = put_varint(p, zigzag(static_cast<std::int64_t>(h.position - before.position)));
  if ((flags & has_correlation) != 0) p = put_varint(p, h.seq - h.correlation);
  if ((flags & has_ordinal) != 0) p = put_varint(p, h.ordinal);
  if ((flags & has_source) != 0) p = put_varint(p, h.source);
  if ((flags & has_depth) != 0) *p++ = static_cast<char>(h.depth);
  // Most payloads are shorter than 64 bytes: their length is one byte, written after the fact.
  char* const length = p;
  payload_fields fields;
  const auto whole = split_event(e, fields);
  const auto [size, is_difference] =
      whole ? memory.write(h.type, h.at.ns, fields, *whole, p + 1) : payload_memory::written{static_cast<std::size_t>(encode_payload(p + 1, e) - p - 1), false};
  const auto told = std::uint64_t{size} << 1 | (is_difference ? 1u : 0u);
  if (told < 0x80) [[likely]] {
    *length = static_cast<char>(told);
    return length + 1 + size;
  }
  char prefix[10];
  const auto prefix_size = static_cast<std::size_t>(put_varint(prefix, told) - prefix);
  std::memmove(length + prefix_size, length + 1, size);
  std::memcpy(length, prefix, prefix_size);
  return length + prefix_size + size;
}

/// Reads forward; anything beyond the end leaves it failed.
struct reader {
  const char* p;
  const char* end;
  bool good = true;
  std::uint64_t varint() {
    std::uint64_t x = 0;
    const char* next = good ? get_varint(p, end, x) : nullptr;
    if (next == nullptr) good = false;
    else p = next;
    return x;
  }
  /// A value of type T; one that does not fit is not cut down to one that does.
  template <class T> T number() {
    const auto x = varint();
    if (x > std::numeric_limits<T>::max()) good = false;
    return static_cast<T>(x);
  }
  std::uint8_t byte() {
    if (!good || p == end) {
      good = false;
      return 0;
    }
    return static_cast<std::uint8_t>(*p++);
  }
  std::string_view take(std::uint64_t size) {
    if (!good || static_cast<std::uint64_t>(end - p) < size) {
      good = false;
      return {};
    }
    std::string_view s(p, size);
    p += size;
    return s;
  }
};

result<group_head> read_head(reader& r) {
  group_head h;
  const auto version = r.byte();
  h.epoch = r.varint();
  h.first_seq = r.varint();
  h.count = r.varint();
  const auto previous = r.take(h.previous.bytes.size());
  if (!r.good) return damaged_group("its head is cut short");
  const bool encrypted = version == encrypted_group_format;
  static_assert(encrypted_group_format > with_differences);
  if (version > encrypted_group_format)
    return error(errc::log_newer_version,
                 "the group's format " + std::to_string(version) + " is newer than this build's " + std::to_string(encrypted_group_format));
  if (version == 0) return damaged_group("format 0");
  h.has_differences = version == with_differences;
  std::memcpy(h.previous.bytes.data(), previous.data(), previous.size());
  // What is encrypted was compressed before: its bytes bound nothing.
  const auto room = encrypted ? group_events_max : static_cast<std::uint64_t>(r.end - r.p) / event_bytes_min;
  if (h.count == 0 || h.count > std::min(group_events_max, room) || h.first_seq == 0 || h.first_seq > std::numeric_limits<std::uint64_t>::max() - h.count)
    return damaged_group("it claims " + std::to_string(h.count) + " events from " + std::to_string(h.first_seq));
  return h;
}

/// A payload as it is stored, or what it stands for.
struct stored_payload {
  std::string_view bytes;
  const payload_fields* fields = nullptr;  ///< of one that is a difference
  bool is_difference = false;
};
stored_payload read_payload(reader& r, std::uint16_t type, timestamp at, payload_memory& memory) {
  const auto told = r.varint();
  stored_payload s{r.take(told >> 1), nullptr, (told & 1) != 0};
  if (!r.good) return s;
  if (s.is_difference) s.fields = memory.restore(type, at.ns, s.bytes);
  else memory.remember(type, at.ns, s.bytes);
  return s;
}

result<void> read_event(reader& r, const upcaster_table& table, const header& before, std::uint64_t seq, payload_memory* memory, event& e) {
  header& h = e.head;
  h = header{};
  h.seq = seq;
  const unsigned flags = r.byte();
  const auto type = r.varint();
  h.type = static_cast<std::uint16_t>(type);
  h.version = r.byte();
  h.host = before.host;
  h.incarnation = before.incarnation;
  if ((flags & has_host) != 0) {
    h.host.value = r.number<std::uint32_t>();
    h.incarnation = r.number<std::uint32_t>();
  }
  h.at = before.at;
  if ((flags & has_at) != 0) h.at.ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(before.at.ns) + static_cast<std::uint64_t>(unzigzag(r.varint())));
  if ((flags & has_cause) != 0) h.cause = seq - r.varint();
  h.position = h.cause;
  if ((flags & has_position) != 0) h.position = before.position + static_cast<std::uint64_t>(unzigzag(r.varint()));
  h.correlation = seq;
  if ((flags & has_correlation) != 0) h.correlation = seq - r.varint();
  if ((flags & has_ordinal) != 0) h.ordinal = r.number<std::uint16_t>();
  if ((flags & has_source) != 0) h.source = r.number<std::uint32_t>();
  if ((flags & has_depth) != 0) h.depth = r.byte();
  auto stored =
      memory != nullptr && type < event_numbers ? read_payload(r, h.type, h.at, *memory) : stored_payload{r.take(r.varint() >> (memory != nullptr ? 1 : 0))};
  if (!r.good) return damaged_group("event " + std::to_string(seq) + " is cut short");
  const auto known = type < event_numbers ? table.newest(h.type) : std::uint8_t{0};
  if (known == 0)
    return error(errc::log_newer_version, "event " + std::to_string(seq) + " has type " + std::to_string(type) + ", which this build does not know");
  if (h.version > known)
    return error(errc::log_newer_version, "event " + std::to_string(seq) + " is " + std::string(event_name(h.type)) + " of version " +
                                              std::to_string(h.version) + "; this build knows it up to version " + std::to_string(known));
  if (h.version == 0) return damaged_group("event " + std::to_string(seq) + " has version 0");
  if (stored.is_difference && stored.fields == nullptr) return damaged_group("event " + std::to_string(seq) + " differs from an event that is not there");
  header kept = h;
  kept.version = known;
  std::string upcast_payload;
  if (h.version < known) [[unlikely]] {
    std::array<char, remembered_bytes_max> joined;
    if (stored.is_difference) stored.bytes = {joined.data(), join_payload(*stored.fields, joined.data())};
    auto next = table.upcast(h.type, h.version, stored.bytes);
    if (!next) return damaged_group("event " + std::to_string(seq) + " is no " + std::string(event_name(h.type)) + ": " + next.error().message);
    upcast_payload = std::move(*next);
    stored = {upcast_payload};
  }
  const bool good =
      stored.is_difference ? decode_payload(kept.type, *stored.fields, e) : decode_payload(kept.type, stored.bytes.data(), stored.bytes.size(), e);
  if (!good) return damaged_group("event " + std::to_string(seq) + " is no " + std::string(event_name(kept.type)));
  h = kept;
  return {};
}

}  // namespace

namespace {

/// At most so many bytes do the events of a group take. Of few events, as nearly all groups have, nobody has to look at each.
std::size_t bound_of(const group& g) {
  const std::size_t of_any = g.events.size() * (envelope_bytes_max + payload_bound_max());
  if (of_any <= kept_room_bytes / 2) return of_any;
  std::size_t bytes = 0;
  for (const auto& e : g.events) bytes += envelope_bytes_max + payload_bound(e);
  return bytes;
}

}  // namespace

result<void> check_group(const group& g, std::uint64_t first_seq) {
  if (g.events.empty() || g.events.size() > group_events_max)
    return error(errc::invalid_argument, "a group has 1 to " + std::to_string(group_events_max) + " events, not " + std::to_string(g.events.size()));
  auto seq = first_seq;
  for (std::size_t i = 0; i < g.events.size(); ++i) {
    const auto& e = g.events[i];
    prefetch_behind(g.events, i);
    if (e.head.seq != seq)
      return error(errc::log_gap, "the next event of the log is " + std::to_string(seq) + ", the group has " + std::to_string(e.head.seq) + " there");
    const auto known = newest_version(e.head.type);
    if (known == 0 || e.head.version == 0 || e.head.version > known)
      return error(errc::invalid_argument, "event " + std::to_string(seq) + ": type " + std::to_string(e.head.type) + " version " +
                                               std::to_string(e.head.version) + " is none that this build can write");
    ++seq;
  }
  if (const auto bytes = bound_of(g); bytes > group_bytes_max)
    return error(errc::invalid_argument, "a group may need at most " + std::to_string(group_bytes_max) + " bytes, this one up to " + std::to_string(bytes));
  return {};
}

void encode_group(const group& g, const hash256& previous, std::string& out) {
  writing_room room(96 + payload_write_max + bound_of(g));
  char* p = room.begin();
  *p++ = static_cast<char>(with_differences);
  p = put_varint(put_varint(put_varint(p, g.epoch), g.first_seq()), g.events.size());
  std::memcpy(p, previous.bytes.data(), previous.bytes.size());
  p += previous.bytes.size();
  header before;
  auto& memory = written_payloads();
  memory.begin();
  for (const auto& e : g.events) {
    p = put_event(p, e, before, memory);
    before = e.head;
  }
  const auto crc = crc32c({room.begin(), static_cast<std::size_t>(p - room.begin())});
  std::memcpy(p, &crc, 4);
  out.assign(room.begin(), p + 4);
}

result<group_head> decode_group_head(std::string_view bytes) {
  reader r{bytes.data(), bytes.data() + bytes.size()};
  return read_head(r);
}

result<timestamp> decode_first_at(std::string_view bytes) {
  reader r{bytes.data(), bytes.data() + bytes.size()};
  auto head = read_head(r);
  if (!head) return head.error();
  if (is_encrypted(bytes)) {
    auto encrypted = decode_encrypted_head(bytes);
    return encrypted ? result<timestamp>(encrypted->first_at) : encrypted.error();
  }
  const unsigned flags = r.byte();
  (void)r.varint();  // type
  (void)r.byte();    // version
  if ((flags & has_host) != 0) {
    (void)r.varint();
    (void)r.varint();
  }
  timestamp at;
  if ((flags & has_at) != 0) at.ns = unzigzag(r.varint());
  if (!r.good) return damaged_group("event " + std::to_string(head->first_seq) + " is cut short");
  return at;
}

namespace {

/// As it was packed; and what stands in clear beside it is what it says itself.
result<decoded_group> decode_encrypted(std::string_view bytes, const upcaster_table& table) {
  thread_local std::string packed;
  TOMNEXT_TRY(decrypt_group(bytes, packed));
  auto g = decode_group(packed, table);
  if (!g) return g.error();
  const auto first_at = decode_first_at(bytes.substr(0, bytes.size() - 4));
  if (!first_at || *first_at != g->events->events.front().head.at) return damaged_group("the time of its first event stands beside it in clear, and differs");
  return g;
}

}  // namespace

result<decoded_group> decode_group(std::string_view bytes, const upcaster_table& table) {
  if (bytes.size() < 5 || bytes.size() > group_bytes_max) return damaged_group(std::to_string(bytes.size()) + " bytes");
  std::uint32_t stored = 0;
  std::memcpy(&stored, bytes.data() + bytes.size() - 4, 4);
  const auto body = bytes.substr(0, bytes.size() - 4);
  if (crc32c(body) != stored) return damaged_group("its checksum does not match");
  if (is_encrypted(body)) return decode_encrypted(bytes, table);
  reader r{body.data(), body.data() + body.size()};
  auto head = read_head(r);
  if (!head) return head.error();
  auto g = std::make_shared<group>();
  g->epoch = head->epoch;
  g->events.resize(head->count);
  header before;
  auto* const memory = head->has_differences ? &read_payloads() : nullptr;
  if (memory != nullptr) memory->begin();
  for (std::uint64_t i = 0; i < head->count; ++i) {
    TOMNEXT_TRY(read_event(r, table, before, head->first_seq + i, memory, g->events[i]));
    before = g->events[i].head;
  }
  if (r.p != r.end) return damaged_group("bytes after its last event");
  return decoded_group{std::move(g), head->previous};
}

hash256 chain(const hash256& previous, std::string_view group_bytes) { return sha256({bytes_of(previous), group_bytes}); }

}  // namespace tomnext::persistence
