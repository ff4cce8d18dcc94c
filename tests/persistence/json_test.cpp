#include "persistence/json.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

#include "persistence/checksum.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

namespace {

/// A decimal's digits as an integer of 10^-scale, the lowest 64-bit value included.
int128 units(std::string s, unsigned scale) {
  const bool negative = s.starts_with('-');
  if (negative) s.erase(0, 1);
  const auto point = s.find('.');
  std::size_t decimals = 0;
  if (point != std::string::npos) {
    decimals = s.size() - point - 1;
    s.erase(point, 1);
  }
  int128 value = 0;
  for (char c : s + std::string(scale - decimals, '0')) value = value * 10 + (c - '0');
  return negative ? -value : value;
}

/// Holds what JSON says of a field against the field.
struct comparer {
  const nlohmann::json& object;
  std::string wrong;
  template <class T> bool same(const nlohmann::json& j, const T& v) {
    if constexpr (std::is_same_v<T, bool>) return j.is_boolean() && j.get<bool>() == v;
    else if constexpr (std::is_enum_v<T>) return j.get<unsigned>() == static_cast<unsigned>(v);
    else if constexpr (std::is_same_v<T, double>) {
      if (!std::isfinite(v)) return j.is_null();
      const double back = j.get<double>();
      return std::memcmp(&back, &v, sizeof v) == 0;
    } else if constexpr (std::is_unsigned_v<T>) return j.is_number_integer() && j.get<std::uint64_t>() == v;
    else if constexpr (std::is_signed_v<T>) return j.is_number_integer() && j.get<std::int64_t>() == v;
    else if constexpr (std::is_same_v<T, timestamp> || std::is_same_v<T, date>) return j.get<std::string>() == tomnext::to_string(v);
    else if constexpr (std::is_same_v<T, currency>) return j.get<std::string>() == v.code.view();
    else if constexpr (std::is_same_v<T, hash256>) return j.get<std::string>() == to_hex(v);
    else if constexpr (wire::is_text<T>::value) return j.get<std::string>() == v.view();
    else if constexpr (wire::is_list<T>::value) {
      bool all = j.is_array() && j.size() == v.size();
      for (std::size_t i = 0; all && i < v.size(); ++i) all = same(j[i], v[i]);
      return all;
    } else if constexpr (requires { T::scale; }) {
      return units(j.get<std::string>(), T::scale) == v.value;
    } else return same(j, v.value);
  }
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T& v) {
    if (!object.contains(name) || !same(object[name], v)) wrong = name;
  }
};

}  // namespace

TEST_CASE("every event is valid JSON with exact values") {
  tests::generator g(1);
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < 300; ++i) {
      const auto e = tests::random_event<E>(g, 1 + g() % 1'000);
      const auto text = to_json(e);
      auto j = nlohmann::json::parse(text, nullptr, false);
      if (j.is_discarded()) FAIL("no JSON: " << text);
      comparer c{j["payload"], {}};
      E::describe(c, e.template as<E>());
      if (!c.wrong.empty()) FAIL(E::type_name << ": " << c.wrong << ": " << text);
      const auto& h = e.head;
      const bool envelope = j["seq"] == h.seq && j["type"] == E::type_name && j["version"] == h.version && j["at"] == to_string(h.at) &&
                            j["host"] == h.host.value && j["incarnation"] == h.incarnation && j["cause"] == h.cause && j["source"] == h.source &&
                            j["position"] == h.position && j["correlation"] == h.correlation && j["ordinal"] == h.ordinal && j["depth"] == h.depth;
      if (!envelope) FAIL(text);
    }
  });
}

TEST_CASE("a field alone is written as it is within the whole") {
  tests::generator g(5);
  std::size_t fields = 0;
  for_each_event_type([&]<class E>() {
    const auto whole = tests::random_event<E>(g, 1);
    const auto payload = nlohmann::ordered_json::parse(payload_json(whole));
    for (const auto& [name, value] : payload.items()) {
      const auto f = field_text(whole, name);
      INFO(E::type_name << "." << name);
      REQUIRE(f);
      CHECK(nlohmann::ordered_json::parse(f->json) == value);
      // The line leaves out what is at its default.
      const auto line = to_line(whole) + " ";
      const bool shown = line.find(" " + name + "=") != std::string::npos;
      const bool alike = line.find(" " + name + "=" + f->line + " ") != std::string::npos;
      CHECK(shown == alike);
      ++fields;
    }
    CHECK_FALSE(field_text(whole, "no_such_field"));
  });
  CHECK(fields > 200);
}

TEST_CASE("a decimal of the lowest value is a decimal") {
  // Its magnitude is one more than the highest value's.
  quote_accepted q;
  q.bid.value = std::numeric_limits<std::int64_t>::min();
  CHECK(nlohmann::json::parse(payload_json({header{}, q}))["bid"] == "-9223372036.854775808");
}

TEST_CASE("text of any bytes becomes text that JSON and terminals can hold") {
  auto shown = [](std::string_view bytes) {
    log_declared d;
    REQUIRE(d.description.assign(bytes));
    const auto j = nlohmann::json::parse(payload_json({header{}, d}), nullptr, false);
    REQUIRE_FALSE(j.is_discarded());
    return j["description"].get<std::string>();
  };
  const std::string bad = "\xef\xbf\xbd";
  CHECK(shown("a\"b\\c\n\r\t\x1b[31m\x7f") == "a\"b\\c\n\r\t\x1b[31m\x7f");
  CHECK(shown(std::string_view("\0", 1)) == std::string(1, '\0'));
  CHECK(shown("\xff") == bad);
  CHECK(shown("\x80x") == bad + "x");
  CHECK(shown("\xc0\xaf") == bad + bad);                      // overlong
  CHECK(shown("\xe0\x80\x80") == bad + bad + bad);            // overlong
  CHECK(shown("\xed\xa0\x80") == bad + bad + bad);            // a surrogate
  CHECK(shown("\xf4\x90\x80\x80") == bad + bad + bad + bad);  // above U+10FFFF
  CHECK(shown("\xe2\x82") == bad + bad);                      // cut short
  CHECK(shown("€ü🙂") == "€ü🙂");
  tests::generator g(2);
  for (int i = 0; i < 20'000; ++i) {
    std::string noise(g() % 20, '\0');
    for (auto& c : noise) c = static_cast<char>(g() % 2 == 0 ? 0x80 | (g() & 0x7f) : g());
    (void)shown(noise);
  }
  // No control character reaches a terminal.
  log_declared d;
  d.description = "\x1b[2J";
  CHECK(to_line({header{}, d}).find('\x1b') == std::string::npos);
}

TEST_CASE("one line for people leaves out what is at its default") {
  header h;
  h.seq = 123;
  h.at.ns = 1'328'054'400'000'000'000 + 600 * second_ns;
  quote_accepted q;
  q.instrument.value = 2;
  q.bid.value = 1'234'500'000;
  CHECK(to_line({h, q}) == "#123 2012-02-01T00:10:00.000Z quote_accepted instrument=2 bid=1.2345");
  CHECK(to_line({h, log_declared{}}) == "#123 2012-02-01T00:10:00.000Z log_declared");
}

TEST_CASE("dates and times of any bits have a text, and none is undefined") {
  CHECK(to_string(date{0}) == "1970-01-01");
  CHECK(to_string(date{std::numeric_limits<std::int32_t>::max()}) == "5881580-07-11");
  CHECK(to_string(date{std::numeric_limits<std::int32_t>::min()}) == "-5877641-06-23");
  CHECK(to_string(timestamp{std::numeric_limits<std::int64_t>::min()}) == "1677-09-21T00:12:43.145224192Z");
  CHECK(to_string(timestamp{std::numeric_limits<std::int64_t>::max()}) == "2262-04-11T23:47:16.854775807Z");
  CHECK(to_string(timestamp{-1}) == "1969-12-31T23:59:59.999999999Z");
}
