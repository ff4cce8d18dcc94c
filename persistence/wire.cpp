#include "persistence/wire.hpp"

#include <algorithm>
#include <array>

namespace tomnext::persistence {
namespace {

struct codec_of_type {
  std::size_t bound;
  std::optional<std::size_t> (*split)(const event&, payload_fields&);
  char* (*encode)(char*, const event&);
  bool (*decode)(const char*, const char*, event&);
  bool (*decode_fields)(const payload_fields&, event&);
  std::uint8_t version;
};

constexpr std::array<codec_of_type, event_numbers> make_codecs() {
  std::array<codec_of_type, event_numbers> t{};
  for_each_event_type([&]<class E>() {
    t[E::type_number] = {wire::bound(E{}),
                         [](const event& e, payload_fields& f) -> std::optional<std::size_t> {
                           f.count = f.text_bytes = 0;
                           wire::fields_writer w{f};
                           E::describe(w, e.as<E>());
                           if (!w.good) return std::nullopt;
                           return w.bytes;
                         },
                         [](char* p, const event& e) { return wire::encode(p, e.as<E>()); },
                         [](const char* p, const char* end, event& e) {
                           E payload{};
                           if (!wire::decode(p, end, payload)) return false;
                           e.set(payload);
                           return true;
                         },
                         [](const payload_fields& f, event& e) {
                           E payload{};
                           if (!wire::decode_fields(f, payload)) return false;
                           e.set(payload);
                           return true;
                         },
                         E::schema_version};
  });
  return t;
}
constexpr auto codecs = make_codecs();
constexpr auto largest_bound = std::max_element(codecs.begin(), codecs.end(), [](const auto& a, const auto& b) { return a.bound < b.bound; }) -> bound;

}  // namespace

std::uint8_t newest_version(std::uint16_t type) { return type < event_numbers ? codecs[type].version : std::uint8_t{0}; }

std::size_t payload_bound(const event& e) { return codecs[e.head.type].bound; }

std::size_t payload_bound_max() { return largest_bound; }

std::optional<std::size_t> split_event(const event& e, payload_fields& f) { return codecs[e.head.type].split(e, f); }

char* encode_payload(char* p, const event& e) { return codecs[e.head.type].encode(p, e); }

bool decode_payload(std::uint16_t type, const char* p, std::size_t size, event& e) {
  if (type >= event_numbers || codecs[type].decode == nullptr) return false;
  const auto version = e.head.version;
  const bool good = codecs[type].decode(p, p + size, e);
  e.head.version = version;
  return good;
}

bool decode_payload(std::uint16_t type, const payload_fields& fields, event& e) {
  if (type >= event_numbers || codecs[type].decode_fields == nullptr) return false;
  const auto version = e.head.version;
  const bool good = codecs[type].decode_fields(fields, e);
  e.head.version = version;
  return good;
}

std::string encode_to_string(const event& e) {
  std::string s(payload_bound(e), '\0');
  s.resize(static_cast<std::size_t>(encode_payload(s.data(), e) - s.data()));
  return s;
}

}  // namespace tomnext::persistence
