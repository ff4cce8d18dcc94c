#include "persistence/payload_difference.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

using wire::get_varint, wire::put_varint, wire::unzigzag, wire::zigzag;

constexpr std::uint64_t has_lane = 1, has_toggled = 2, first_changed = 4;
std::uint8_t lane_of(const payload_fields& f) {
  constexpr std::uint32_t first_as_varint = 1 << 3;
  return f.count != 0 && f.tags[0] == first_as_varint && f.values[0] < 128 ? static_cast<std::uint8_t>(f.values[0]) : std::uint8_t{0};
}

bool has_same_tags(const payload_fields& a, const payload_fields& b) {
  if (a.count != b.count) return false;
  std::uint32_t differ = 0;
  for (std::uint32_t i = 0; i < a.count; ++i) differ |= a.tags[i] ^ b.tags[i];
  return differ == 0;
}

/// Tags that one of two ascending lists has and the other lacks.
std::size_t toggled_tags(const payload_fields& a, const payload_fields& b, std::array<std::uint32_t, 2 * payload_fields::fields_max>& toggled) {
  return static_cast<std::size_t>(
      std::set_symmetric_difference(a.tags.begin(), a.tags.begin() + a.count, b.tags.begin(), b.tags.begin() + b.count, toggled.begin()) - toggled.begin());
}

/// Fields of `before`, for those that come by ascending tag.
struct walker {
  const payload_fields& before;
  std::uint32_t i = 0;
  /// The value of a tag, nothing where there is none.
  const std::uint64_t* value(std::uint32_t tag) {
    while (i < before.count && before.tags[i] < tag) ++i;
    return i < before.count && before.tags[i] == tag ? &before.values[i] : nullptr;
  }
};

/// How an event's time has moved, and what that says of the fields that were equal to it.
struct moved_time {
  std::uint64_t from, to;
  [[nodiscard]] std::uint64_t expected(std::uint32_t tag, std::uint64_t before) const { return wire_type(tag) == is_fixed64 && before == from ? to : before; }
};

char* put_toggled(char* p, const payload_fields& before, const payload_fields& now) {
  std::array<std::uint32_t, 2 * payload_fields::fields_max> toggled;
  const auto n = toggled_tags(before, now, toggled);
  p = put_varint(p, n);
  for (std::size_t i = 0; i < n; ++i) p = put_varint(p, toggled[i]);
  return p;
}

/// Of payloads with the same fields, all of them numbers: what quotes and bars are nearly always.
char* put_numbers(char* p, const payload_fields& before, const payload_fields& now, moved_time time, unsigned lane) {
  std::uint64_t changed = 0;
  std::array<std::uint64_t, payload_fields::fields_max> by;
  for (std::uint32_t i = 0; i < now.count; ++i) {
    by[i] = now.values[i] - time.expected(now.tags[i], before.values[i]);
    changed |= std::uint64_t{by[i] != 0} << i;
  }
  p = put_varint(p, (lane < 128 ? has_lane : 0) | changed * first_changed);
  if (lane < 128) *p++ = static_cast<char>(lane);
  for (; changed != 0; changed &= changed - 1) p = put_varint(p, zigzag(static_cast<std::int64_t>(by[static_cast<std::size_t>(std::countr_zero(changed))])));
  return p;
}

/// `lane`: 0 to 127 where it has to be told, else above.
char* put_difference(char* p, const payload_fields& before, const payload_fields& now, moved_time time, unsigned lane) {
  const bool same_tags = has_same_tags(before, now);
  std::uint64_t changed = 0;  // a bit for each field
  std::array<std::uint64_t, payload_fields::fields_max> by;
  if (same_tags && now.text_bytes == 0 && before.text_bytes == 0) return put_numbers(p, before, now, time, lane);
  walker w{before};
  for (std::uint32_t i = 0; i < now.count; ++i) {
    const auto* old = same_tags ? &before.values[i] : w.value(now.tags[i]);
    bool differs = old == nullptr;
    if (wire_type(now.tags[i]) == is_bytes) {
      differs = differs || before.text_of(*old) != now.text_of(now.values[i]);
    } else {
      by[i] = now.values[i] - (old != nullptr ? time.expected(now.tags[i], *old) : 0);
      differs = differs || by[i] != 0;
    }
    changed |= std::uint64_t{differs} << i;
  }
  p = put_varint(p, (lane < 128 ? has_lane : 0) | (same_tags ? 0 : has_toggled) | changed * first_changed);
  if (lane < 128) *p++ = static_cast<char>(lane);
  if (!same_tags) p = put_toggled(p, before, now);
  for (; changed != 0; changed &= changed - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(changed));
    if (wire_type(now.tags[i]) != is_bytes) {
      p = put_varint(p, zigzag(static_cast<std::int64_t>(by[i])));
      continue;
    }
    const auto text = now.text_of(now.values[i]);
    p = put_varint(p, text.size());
    std::memcpy(p, text.data(), text.size());
    p += text.size();
  }
  return p;
}

/// The tags of a payload: those before, but for the toggled ones. nullptr where they are none that a writer would tell.
const char* get_toggled(const char* p, const char* end, const payload_fields& before, payload_fields& now) {
  std::uint64_t n = 0;
  p = get_varint(p, end, n);
  if (p == nullptr || n == 0 || n > 2 * payload_fields::fields_max) return nullptr;
  std::array<std::uint32_t, 2 * payload_fields::fields_max> toggled;
  std::array<std::uint32_t, 3 * payload_fields::fields_max> tags;  // what a forger could make of it
  for (std::uint64_t i = 0; i < n; ++i) {
    std::uint64_t tag = 0;
    p = get_varint(p, end, tag);
    if (p == nullptr || tag >> 32 != 0 || (tag & 7) > is_bytes || tag >> 3 == 0 || (i != 0 && tag <= toggled[i - 1])) return nullptr;
    toggled[i] = static_cast<std::uint32_t>(tag);
  }
  const auto* last = std::set_symmetric_difference(before.tags.begin(), before.tags.begin() + before.count, toggled.begin(), toggled.begin() + n, tags.begin());
  now.count = static_cast<std::uint32_t>(last - tags.begin());
  if (now.count > payload_fields::fields_max) return nullptr;
  std::copy(tags.begin(), tags.begin() + now.count, now.tags.begin());
  return p;
}

/// A number that changed; nullptr where the bytes are cut short.
const char* get_number(const char* p, const char* end, std::uint64_t before, std::uint64_t& value) {
  std::uint64_t x = 0;
  p = get_varint(p, end, x);
  value = before + static_cast<std::uint64_t>(unzigzag(x));
  return p;
}

/// With other fields than before, or other texts: built anew.
bool get_difference(const char* p, const char* end, std::uint64_t head, const payload_fields& before, moved_time time, payload_fields& now) {
  now.text_bytes = 0;
  if ((head & has_toggled) != 0) {
    p = get_toggled(p, end, before, now);
    if (p == nullptr) return false;
  } else {
    now.count = before.count;
    std::copy(before.tags.begin(), before.tags.begin() + before.count, now.tags.begin());
  }
  walker w{before};
  for (std::uint32_t i = 0; i < now.count; ++i) {
    const auto* old = w.value(now.tags[i]);
    const bool changed = (head & first_changed << i) != 0;
    if (!changed && old == nullptr) return false;
    if (wire_type(now.tags[i]) != is_bytes) {
      const auto expected = old != nullptr ? time.expected(now.tags[i], *old) : 0;
      if (changed) p = get_number(p, end, expected, now.values[i]);
      else now.values[i] = expected;
      if (p == nullptr) return false;
      continue;
    }
    std::string_view text = changed ? std::string_view{} : before.text_of(*old);
    if (changed) {
      std::uint64_t size = 0;
      p = get_varint(p, end, size);
      if (p == nullptr || static_cast<std::uint64_t>(end - p) < size) return false;
      text = {p, size};
      p += size;
    }
    if (!now.add_text(text, now.values[i])) return false;
  }
  return p == end && head >> now.count < first_changed;
}

/// A bit for each field of this wire type.
std::uint32_t fields_of(const payload_fields& f, std::uint32_t wanted) {
  std::uint32_t bits = 0;
  for (std::uint32_t i = 0; i < f.count; ++i) bits |= wire_type(f.tags[i]) == wanted ? 1u << i : 0u;
  return bits;
}

}  // namespace

void payload_memory::begin() {
  if (++generation_ != 0) return;
  // After 2^32 groups the oldest would look like today's.
  slots_ = {};
  last_ = {};
  generation_ = 1;
}

payload_memory::slot* payload_memory::find(std::uint16_t type, std::uint8_t lane) {
  auto& s = slots_[(type * std::size_t{37} + lane) % slots];
  return s.generation == generation_ && s.type == type && s.lane == lane ? &s : nullptr;
}

payload_memory::slot& payload_memory::keep(std::uint16_t type, std::uint8_t lane, std::uint64_t at_ns, const payload_fields& f) {
  auto& s = slots_[(type * std::size_t{37} + lane) % slots];
  s.generation = generation_;
  s.type = type;
  s.lane = lane;
  s.at_ns = at_ns;
  s.fields.count = f.count;
  s.fields.text_bytes = f.text_bytes;
  // In eights, as most payloads have no more fields: a copy of known size needs no loop.
  constexpr std::size_t half = payload_fields::fields_max / 2;
  std::copy_n(f.tags.begin(), half, s.fields.tags.begin());
  std::copy_n(f.values.begin(), half, s.fields.values.begin());
  if (f.count > half) {
    std::copy_n(f.tags.begin() + half, half, s.fields.tags.begin() + half);
    std::copy_n(f.values.begin() + half, half, s.fields.values.begin() + half);
  }
  if (f.text_bytes != 0) std::memcpy(s.fields.text.data(), f.text.data(), f.text_bytes);
  last_[type % last_.size()] = {generation_, lane};
  return s;
}

void payload_memory::keep_read(std::uint16_t type, std::uint64_t at_ns, const payload_fields& f) {
  auto& s = keep(type, lane_of(f), at_ns, f);
  s.fixed = fields_of(f, is_fixed64);
  s.texts = fields_of(f, is_bytes);
}

payload_memory::written payload_memory::write(std::uint16_t type, std::int64_t at_ns, const payload_fields& now, std::size_t size, char* p) {
  const auto at = static_cast<std::uint64_t>(at_ns);
  const auto lane = lane_of(now);
  const auto* before = find(type, lane);
  written w{size, false};
  if (before != nullptr) {
    const auto& last = last_[type % last_.size()];
    const char* const end = put_difference(p, before->fields, now, {before->at_ns, at}, last.generation == generation_ && last.lane == lane ? 128u : lane);
    const auto length = static_cast<std::size_t>(end - p);
    if (length < size) w = {length, true};
  }
  if (!w.is_difference) join_payload(now, p);
  keep(type, lane, at, now);
  return w;
}

void payload_memory::remember(std::uint16_t type, std::int64_t at_ns, std::string_view payload) {
  payload_fields now;
  if (payload.size() <= remembered_bytes_max && split_payload(payload, now)) keep_read(type, static_cast<std::uint64_t>(at_ns), now);
}

// Numbers only, and the same fields: what quotes and bars are nearly always. In place.
const payload_fields* payload_memory::change_numbers(slot& s, const char* p, const char* end, std::uint64_t changed, std::uint64_t at_ns) {
  auto& f = s.fields;
  if (changed >> f.count != 0) return nullptr;
  for (auto fixed = s.fixed; fixed != 0; fixed &= fixed - 1) {
    auto& value = f.values[static_cast<std::size_t>(__builtin_ctz(fixed))];
    if (value == s.at_ns) value = at_ns;
  }
  for (; changed != 0; changed &= changed - 1) {
    const auto i = static_cast<std::size_t>(__builtin_ctzll(changed));
    p = get_number(p, end, f.values[i], f.values[i]);
    if (p == nullptr) return nullptr;
  }
  if (p != end) return nullptr;
  s.at_ns = at_ns;
  return &f;
}

const payload_fields* payload_memory::restore(std::uint16_t type, std::int64_t at_ns, std::string_view difference) {
  const char* p = difference.data();
  const char* const end = p + difference.size();
  std::uint64_t head = 0;
  p = get_varint(p, end, head);
  if (p == nullptr) return nullptr;
  auto& last = last_[type % last_.size()];
  auto lane = last.lane;
  if ((head & has_lane) != 0) {
    if (p == end) return nullptr;
    lane = static_cast<std::uint8_t>(*p++);
  } else if (last.generation != generation_) return nullptr;
  auto* s = find(type, lane);
  if (s == nullptr) return nullptr;
  const auto at = static_cast<std::uint64_t>(at_ns);
  if ((head & has_toggled) == 0 && (head / first_changed & s->texts) == 0) {
    if (change_numbers(*s, p, end, head / first_changed, at) == nullptr) return nullptr;
  } else {
    payload_fields now;
    if (!get_difference(p, end, head, s->fields, {s->at_ns, at}, now) || lane_of(now) != lane) return nullptr;
    keep_read(type, at, now);
  }
  // A difference is taken within a lane: one that leads out of it was not written by us.
  if (lane_of(s->fields) != lane) return nullptr;
  last = {generation_, lane};
  return &s->fields;
}

}  // namespace tomnext::persistence
