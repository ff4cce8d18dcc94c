#include "persistence/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "persistence/checksum.hpp"
#include "persistence/event_message.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

/// Length of the well-formed UTF-8 sequence that s begins with (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF); 0 where there is none.
std::size_t utf8_sequence(std::string_view s) {
  auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0u) == 0xE0u ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool none = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || none ? 0 : size;
}

/// Text from outside may hold any bytes; JSON and terminals get none that they choke on.
void quoted(std::string& out, std::string_view s) {
  out += '"';
  while (!s.empty()) {
    const auto c = s.front();
    const auto u = static_cast<unsigned char>(c);
    const auto size = utf8_sequence(s);
    if (size == 0) out += "\\ufffd";
    else if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (u < 0x20 || u == 0x7f) out += fmt::format("\\u{:04x}", u);
    else out += s.substr(0, size);
    s.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

/// The shortest text that reads back as the same number; JSON has no text for what is no number.
void number(std::string& out, double v) {
  if (!std::isfinite(v)) out += "null";
  else if (v == 0 && std::signbit(v)) out += "-0.0";  // "-0" reads back as an integer, which has no such value
  else out += fmt::format("{}", v);
}

struct to_text {
  std::string& out;
  bool bare;  // for people: no quotation marks around decimals and times

  void word(std::string_view s) const {
    if (bare) out += s;
    else quoted(out, s);
  }
  template <class T> void operator()(const T& v) const {
    if constexpr (std::is_same_v<T, bool>) out += v ? "true" : "false";
    else if constexpr (std::is_enum_v<T>) enumeration(v);
    else if constexpr (std::is_same_v<T, double>) number(out, v);
    else if constexpr (std::is_arithmetic_v<T>) out += std::to_string(v);
    else if constexpr (std::is_same_v<T, timestamp>) word(tomnext::to_string(v));
    else if constexpr (std::is_same_v<T, date>) word(tomnext::to_string(v));
    else if constexpr (std::is_same_v<T, currency>) quoted(out, v.code.view());
    else if constexpr (std::is_same_v<T, hash256>) word(to_hex(v));
    else if constexpr (wire::is_text<T>::value) quoted(out, v.view());
    else if constexpr (wire::is_list<T>::value) list(v);
    else if constexpr (requires { v.to_string(); }) word(v.to_string());
    else (*this)(v.value);
  }
  // People read the word; programs get the number, which never changes. A new enumeration without words does not compile.
  template <class T> void enumeration(T v) const {
    const auto word = word_of(v);
    if (bare && !word.empty()) out += word;
    else out += std::to_string(static_cast<unsigned>(v));
  }
  template <class T> void list(const T& v) const {
    out += '[';
    bool first = true;
    for (const auto& x : v) {
      if (!first) out += ',';
      first = false;
      (*this)(x);
    }
    out += ']';
  }
};

struct object_writer {
  std::string& out;
  bool first = true;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T& v) {
    out += first ? "\"" : ",\"";
    first = false;
    out += name;
    out += "\":";
    to_text{out, false}(v);
  }
};

struct line_writer {
  std::string& out;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T& v) {
    char small[6 + sizeof(T) + 12];
    wire::writer w{small};
    w(field_number<N>{}, name, v);
    if (w.p == small) return;
    (out += ' ') += name;
    out += '=';
    to_text{out, true}(v);
  }
};

struct field_finder {
  std::string_view wanted;
  std::optional<field_texts> found;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T& v) {
    if (name != wanted) return;
    found.emplace();
    to_text{found->json, false}(v);
    to_text{found->line, true}(v);
  }
};

struct proto_writer {
  std::string& out;
  template <class T> static const char* type_of() {
    if constexpr (std::is_same_v<T, bool>) return "bool";
    else if constexpr (std::is_same_v<T, double>) return "double";
    else if constexpr (std::is_same_v<T, timestamp>) return "sfixed64";
    else if constexpr (std::is_same_v<T, hash256>) return "bytes";
    else if constexpr (std::is_same_v<T, date>) return "sint32";
    else if constexpr (std::is_same_v<T, currency> || wire::is_text<T>::value) return "string";
    else if constexpr (wire::is_list<T>::value) return std::is_same_v<typename T::value_type, double> ? "repeated double" : "repeated sfixed64";
    else if constexpr (std::is_enum_v<T>) return "uint32";
    else if constexpr (std::is_unsigned_v<T>) return sizeof(T) == 8 ? "uint64" : "uint32";
    else if constexpr (std::is_signed_v<T>) return sizeof(T) == 8 ? "sint64" : "sint32";
    else return type_of<typename T::rep>();
  }
  template <class T> static const char* unit_of() {
    if constexpr (std::is_same_v<T, price>) return "  // 1e-9 of the quote currency per unit";
    else if constexpr (std::is_same_v<T, quantity>) return "  // 1e-2 units";
    else if constexpr (std::is_same_v<T, rate>) return "  // 1e-12";
    else if constexpr (std::is_same_v<T, amount>) return "  // minor units";
    else if constexpr (std::is_same_v<T, timestamp>) return "  // ns since 1970, UTC";
    else if constexpr (std::is_same_v<T, date>) return "  // days since 1970";
    else if constexpr (std::is_enum_v<T>) return "  // enumeration";
    else return "";
  }
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T&) {
    out += fmt::format("  {} {} = {};{}\n", type_of<T>(), name, N, unit_of<T>());
  }
};

std::string envelope(const header& h) {
  return fmt::format(
      R"("seq":{},"type":"{}","version":{},"at":"{}","host":{},"incarnation":{},"cause":{},"source":{},"position":{},"correlation":{},"ordinal":{},"depth":{})",
      h.seq, event_name(h.type), h.version, to_string(h.at), h.host.value, h.incarnation, h.cause, h.source, h.position, h.correlation, h.ordinal, h.depth);
}

}  // namespace

std::string json_quoted(std::string_view s) {
  std::string out;
  quoted(out, s);
  return out;
}

std::string payload_json(const event& e) {
  std::string out = "{";
  visit(e, [&]<class E>(const E& payload) {
    object_writer w{out};
    E::describe(w, payload);
  });
  return out + "}";
}

std::string to_json(const event& e) { return "{" + envelope(e.head) + ",\"payload\":" + payload_json(e) + "}"; }

std::string to_line(const event& e) {
  auto at = to_string(e.head.at);
  std::string out = fmt::format("#{} {}Z {}", e.head.seq, at.substr(0, 23), event_name(e.head.type));
  visit(e, [&]<class E>(const E& payload) {
    line_writer w{out};
    E::describe(w, payload);
  });
  return out;
}

std::optional<field_texts> field_text(const event& e, std::string_view name) {
  field_finder f{name, {}};
  visit(e, [&]<class E>(const E& payload) { E::describe(f, payload); });
  return std::move(f.found);
}

std::string proto_schema() {
  std::string out =
      "// Generated from the event descriptions. A payload is one of the messages below; with its envelope it is the last one, `event`.\nsyntax = "
      "\"proto3\";\npackage tomnext;\n";
  for_each_event_type([&]<class E>() {
    out += fmt::format("\n// type {}, schema version {}\nmessage {} {{\n", E::type_number, E::schema_version, E::type_name);
    proto_writer w{out};
    E e{};
    E::describe(w, e);
    out += "}\n";
  });
  out += "\n// An event with its envelope, as `tomnext log dump` writes it.\nmessage event {\n";
  proto_writer w{out};
  const event_envelope none{};
  event_envelope::describe(w, none);
  out += "  oneof payload {\n";
  for_each_event_type([&]<class E>() { out += fmt::format("    .tomnext.{0} {0} = {1};\n", E::type_name, payload_field(E::type_number)); });
  out += "  }\n}\n";
  return out;
}

}  // namespace tomnext::persistence
