#include "actors/remote/message_table.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <type_traits>
#include <utility>

#include "persistence/checksum.hpp"

namespace tomnext::remote {

using namespace actors;

namespace {

template <class T> struct type_text;
#define TOMNEXT_TRAVELS(type, text) \
  template <> struct type_text<type> { static constexpr const char* value = text; };
TOMNEXT_TRAVELS(bool, "bool")
TOMNEXT_TRAVELS(std::uint32_t, "u32")
TOMNEXT_TRAVELS(std::uint64_t, "u64")
TOMNEXT_TRAVELS(std::int64_t, "i64")
TOMNEXT_TRAVELS(std::string, "text")
TOMNEXT_TRAVELS(actor_ptr, "actor")
TOMNEXT_TRAVELS(group_ref, "group")
TOMNEXT_TRAVELS(groups_ref, "groups")
TOMNEXT_TRAVELS(answers_ref, "answers")
TOMNEXT_TRAVELS(enrolment_ref, "enrolment")
TOMNEXT_TRAVELS(inputs_ref, "inputs")
TOMNEXT_TRAVELS(timers_ref, "timers")
TOMNEXT_TRAVELS(snapshot_ref, "snapshot")
TOMNEXT_TRAVELS(durable_ref, "head")
TOMNEXT_TRAVELS(wish_ref, "wish")
TOMNEXT_TRAVELS(quote_batch_ref, "quotes")
TOMNEXT_TRAVELS(call_ref, "call")
#undef TOMNEXT_TRAVELS

template <class T> void put_at(content_writer& w, const message_parts& content, std::size_t at) { put(w, content.get_as<T>(at)); }

/// Values one behind the other, from `First` on in the message.
template <std::size_t First, class... T> struct values {
  static bool are(const message_parts& content) {
    if (content.size() != First + sizeof...(T)) return false;
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return (content.match_element<T>(First + I) && ...); }
    (std::index_sequence_for<T...>{});
  }
  static void put_all(content_writer& w, const message_parts& content) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (put_at<T>(w, content, First + I), ...); }
    (std::index_sequence_for<T...>{});
  }
  template <class... Before> static bool get_all(content_reader& r, message_value& m, const Before&... before) {
    std::tuple<T...> all;
    const bool good = std::apply([&](T&... v) { return (get(r, v) && ...); }, all);
    if (!good) return false;
    if (!r.left.empty()) return r.fail("bytes behind its end");
    m = std::apply([&](T&... v) { return value_of_parts(before..., std::move(v)...); }, all);
    return true;
  }
  static std::string text() {
    std::string all;
    ((all += (all.empty() ? "" : ", ") + std::string(type_text<T>::value)), ...);
    return "(" + all + ")";
  }
};

template <class List, std::size_t First> struct values_of;
template <class... T, std::size_t First> struct values_of<type_list<T...>, First> { using type = values<First, T...>; };

template <class Handler> struct kind_of {
  using content = typename values_of<typename Handler::parts, 1>::type;
  using answer_values = typename values_of<typename Handler::answered_with, 0>::type;
  static constexpr bool answers_nothing = std::is_same_v<typename Handler::answered_with, type_list<>>;
  static constexpr atom name = Handler::name;

  static bool is_it(const message_parts& t) { return atom_in(t) == name && content::are(t); }
  static bool get(content_reader& r, message_value& m) { return content::get_all(r, m, name); }
  static bool put_answer(content_writer& w, const message_parts& t) {
    if constexpr (answers_nothing) {
      return true;  // that it is done, and nothing else
    } else {
      if (!answer_values::are(t)) return false;
      answer_values::put_all(w, t);
      return true;
    }
  }
  static bool get_answer(content_reader& r, message_value& m) {
    if constexpr (answers_nothing) {
      m = value_of_parts();
      return r.left.empty() || r.fail("bytes behind its end");
    } else {
      return answer_values::get_all(r, m);
    }
  }
  static std::string text() {
    std::string all = atom_text(name) + content::text();
    if constexpr (!answers_nothing) all += " -> " + answer_values::text();
    return all;
  }
  static message_kind made() { return {text(), !answers_nothing, &is_it, &content::put_all, &get, &put_answer, &get_answer}; }
};

void add_one(std::vector<message_kind>& table, message_kind k) {
  const auto content_text = [](const std::string& s) { return s.substr(0, s.find(" ->")); };
  for (const auto& known : table) {
    if (content_text(known.name) != content_text(k.name)) continue;
    if (known.name != k.name) std::abort();  // the same message with two different answers: nobody could tell them apart on the way back
    return;
  }
  table.push_back(std::move(k));
}
template <class... Protocol> std::vector<message_kind> table_of() {
  std::vector<message_kind> table;
  const auto add = [&table]<class Handler>() { add_one(table, kind_of<Handler>::made()); };
  (for_each_handler<Protocol>(add), ...);
  return table;
}

}  // namespace

const std::vector<message_kind>& message_table() {
  // The writer, the scrubber and the pool are not here: what they are sent holds functions, or is their own affair.
  static const auto table = table_of<journal_protocol, reader_protocol, keeper_protocol, feed_protocol, durable_reader, host_protocol, time_protocol,
                                     readiness_protocol, coordinator_protocol, source_protocol, channel_protocol>();
  return table;
}

std::optional<method> method_of(const message_parts& content) {
  static const auto by_atom = [] {
    std::multimap<std::uint64_t, method> all;
    const auto& table = message_table();
    for (std::size_t i = 0; i < table.size(); ++i)
      all.emplace(static_cast<std::uint64_t>(atom_of(table[i].name.substr(0, table[i].name.find('(')))), static_cast<method>(i));
    return all;
  }();
  const auto name = atom_in(content);
  if (!name) return std::nullopt;
  const auto [begin, end] = by_atom.equal_range(static_cast<std::uint64_t>(*name));
  for (auto at = begin; at != end; ++at)
    if (message_table()[at->second].is_it(content)) return at->second;
  return std::nullopt;
}

method method_named(atom name, std::size_t count) {
  const auto& table = message_table();
  const auto begin = atom_text(name) + "(";
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& text = table[i].name;
    if (text.rfind(begin, 0) != 0) continue;
    const auto content = text.substr(begin.size(), text.find(')') - begin.size());
    const auto values = content.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(content.begin(), content.end(), ','));
    if (values == count) return static_cast<method>(i);
  }
  std::abort();  // a name that no protocol has
}

std::uint64_t messages_fingerprint() {
  std::string all;
  for (const auto& k : message_table()) all += k.name + "\n";
  const auto hash = persistence::sha256({all, events_outline()});
  std::uint64_t first = 0;
  std::memcpy(&first, hash.bytes.data(), sizeof first);
  return first;
}

}  // namespace tomnext::remote
