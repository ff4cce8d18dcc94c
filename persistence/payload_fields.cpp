#include "persistence/payload_fields.hpp"

#include <cstring>

#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

using wire::get_varint, wire::put_varint;


/// A varint in its shortest form: another one would not come back.
const char* get_canonical(const char* p, const char* end, std::uint64_t& x) {
  const char* const next = get_varint(p, end, x);
  return next == nullptr || (next - p > 1 && next[-1] == 0) ? nullptr : next;
}

}  // namespace

bool payload_fields::add_text(std::string_view bytes, std::uint64_t& value) {
  if (text_bytes + bytes.size() > text.size()) return false;
  value = at_text(text_bytes, bytes.size());
  std::memcpy(text.data() + text_bytes, bytes.data(), bytes.size());
  text_bytes += static_cast<std::uint32_t>(bytes.size());
  return true;
}

bool split_payload(std::string_view payload, payload_fields& f) {
  f.count = f.text_bytes = 0;
  const char* p = payload.data();
  const char* const end = p + payload.size();
  std::uint32_t before = 0;
  while (p < end) {
    std::uint64_t tag = 0;
    p = get_canonical(p, end, tag);
    if (p == nullptr || tag >> 32 != 0 || tag >> 3 == 0 || tag <= before || f.count == payload_fields::fields_max) return false;
    before = static_cast<std::uint32_t>(tag);
    auto& value = f.values[f.count];
    switch (wire_type(before)) {
      case 0:
        p = get_canonical(p, end, value);
        if (p == nullptr) return false;
        break;
      case 1:
        if (end - p < 8) return false;
        std::memcpy(&value, p, 8);
        p += 8;
        break;
      case is_bytes: {
        std::uint64_t size = 0;
        p = get_canonical(p, end, size);
        if (p == nullptr || static_cast<std::uint64_t>(end - p) < size || !f.add_text({p, size}, value)) return false;
        p += size;
        break;
      }
      default: return false;
    }
    f.tags[f.count++] = before;
  }
  return true;
}

std::size_t join_payload(const payload_fields& f, char* out) {
  char* p = out;
  for (std::uint32_t i = 0; i < f.count; ++i) {
    p = put_varint(p, f.tags[i]);
    switch (wire_type(f.tags[i])) {
      case 0: p = put_varint(p, f.values[i]); break;
      case 1:
        std::memcpy(p, &f.values[i], 8);
        p += 8;
        break;
      default: {
        const auto text = f.text_of(f.values[i]);
        p = put_varint(p, text.size());
        std::memcpy(p, text.data(), text.size());
        p += text.size();
      }
    }
  }
  return static_cast<std::size_t>(p - out);
}

}  // namespace tomnext::persistence
