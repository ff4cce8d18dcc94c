// Everything that goes across comes back as it was; and no bytes, however wrong, do more than be refused.
#include "actors/remote/content.hpp"

#include "actors/remote/message_table.hpp"
#include "persistence/group_codec.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seed.hpp"

using namespace tomnext;
using namespace tomnext::actors;
using namespace tomnext::remote;
using tomnext::tests::generator;
using tomnext::tests::seed_of_this_run;

namespace {

/// The two ends of a connection without actors: what is put here is got there.
struct test_passport final : passport {
  std::uint64_t number_of(const actor_ptr& who) override { return who ? 1 : 0; }
  actor_ptr actor_of(std::uint64_t) override { return nullptr; }
  [[nodiscard]] steady_time now() const override { return steady_time{} + std::chrono::hours(1); }
};

event random_event_of_any_type(generator& g, std::uint64_t seq) {
  const auto wanted = g() % 54;
  event made;
  std::size_t i = 0;
  for_each_event_type([&]<class E>() {
    if (i++ == wanted) made = tests::random_event<E>(g, seq);
  });
  if (made.head.type == 0) made = tests::random_event<quote_accepted>(g, seq);
  return made;
}
std::uint64_t count_of(generator& g) { return g() % 4; }
std::string text_of(generator& g) { return std::string(g() % 40, static_cast<char>(g())); }
template <class T> std::vector<T> list_of(generator& g, T (*make)(generator&)) {
  std::vector<T> all;
  for (auto n = count_of(g); n > 0; --n) all.push_back(make(g));
  return all;
}
event proposed(generator& g) { return random_event_of_any_type(g, g() % 2 == 0 ? 0 : g()); }
group_ref random_group(generator& g) {
  auto made = std::make_shared<persistence::group>();
  made->epoch = g();
  auto seq = 1 + g() % 1'000'000;
  for (auto n = 1 + count_of(g); n > 0; --n) made->events.push_back(random_event_of_any_type(g, seq++));
  return made;
}
reaction random_reaction(generator& g) { return {g(), list_of<event>(g, &proposed)}; }
offered_input random_input(generator& g) {
  offered_input i{proposed(g), g() % 2 == 0, std::nullopt};
  if (g() % 2 == 0) i.expected_version = g();
  return i;
}
persistence::log_head random_head(generator& g) {
  persistence::log_head h{g(), g(), {}};
  for (auto& b : h.chain_hash.bytes) b = static_cast<std::uint8_t>(g());
  return h;
}

// ---- one of each -----------------------------------------------------------------------------------

template <class T> T random_value(generator& g);
template <> bool random_value(generator& g) { return g() % 2 == 0; }
template <> std::uint32_t random_value(generator& g) { return static_cast<std::uint32_t>(g()); }
template <> std::uint64_t random_value(generator& g) { return g() >> (g() % 64); }
template <> std::int64_t random_value(generator& g) { return static_cast<std::int64_t>(g()) >> (g() % 64); }
template <> std::string random_value(generator& g) { return text_of(g); }
template <> error random_value(generator& g) { return {static_cast<errc>(100 + g() % 700), text_of(g)}; }
template <> event random_value(generator& g) { return proposed(g); }
template <> group_ref random_value(generator& g) { return random_group(g); }
template <> groups_ref random_value(generator& g) {
  auto all = std::make_shared<std::vector<group_ref>>(list_of<group_ref>(g, &random_group));
  if (!all->empty() && g() % 2 == 0) all->push_back(all->back());
  return all;
}
template <> answers_ref random_value(generator& g) {
  return std::make_shared<answer_batch>(
      answer_batch{host_id{static_cast<std::uint32_t>(g())}, static_cast<std::uint32_t>(g()), g(), list_of<reaction>(g, &random_reaction)});
}
template <> enrolment_ref random_value(generator& g) {
  auto e = std::make_shared<enrolment>();
  e->granted = {static_cast<std::uint32_t>(g()), g(), {g(), g()}, g() % 2 == 0};
  e->not_yet_durable = list_of<group_ref>(g, &random_group);
  return e;
}
template <> inputs_ref random_value(generator& g) { return std::make_shared<std::vector<offered_input>>(list_of<offered_input>(g, &random_input)); }
template <> timers_ref random_value(generator& g) {
  return std::make_shared<std::vector<timer_armed>>(list_of<timer_armed>(g, [](generator& x) { return tests::random_payload<timer_armed>(x); }));
}
template <> snapshot_ref random_value(generator& g) {
  if (g() % 4 == 0) return nullptr;
  persistence::snapshot s{{text_of(g), static_cast<std::uint32_t>(g()), static_cast<std::uint32_t>(g()), g()}, g(), g(), random_head(g), text_of(g)};
  return std::make_shared<persistence::snapshot>(s);
}
template <> durable_ref random_value(generator& g) { return std::make_shared<persistence::log_head>(random_head(g)); }
template <> wish_ref random_value(generator& g) {
  auto w = std::make_shared<feed_wish>();
  w->name = text_of(g);
  if (g() % 2 == 0) w->from_seq = g();
  for (auto n = count_of(g); n > 0; --n) w->wanted.types[g() % event_numbers] = true;
  if (g() % 2 == 0) w->wanted.host = host_id{static_cast<std::uint32_t>(g())};
  if (g() % 2 == 0) w->wanted.instrument = static_cast<std::uint32_t>(g());
  if (g() % 2 == 0) w->wanted.correlation = g();
  if (g() % 2 == 0) w->wanted.from_at = timestamp{static_cast<std::int64_t>(g())};
  if (g() % 2 == 0) w->wanted.until_at = timestamp{static_cast<std::int64_t>(g())};
  w->credit_events = g();
  return w;
}
template <> quote_batch_ref random_value(generator& g) {
  return std::make_shared<quote_batch>(quote_batch{list_of<event>(g, &proposed), g() % 2 == 0, g(), g()});
}
template <> call_ref random_value(generator& g) {
  if (g() % 4 == 0) return nullptr;
  return begin_call(text_of(g), test_passport().now() + std::chrono::milliseconds(g() % 100'000), {}, g() % 2 == 0 ? urgency::urgent : urgency::normal);
}

template <class T> std::string written(const T& v, passport& with) {
  std::string bytes;
  content_writer w{bytes, with};
  put(w, v);
  return bytes;
}
/// True where it was read, and nothing is left.
template <class T> bool read(std::string_view bytes, T& v, passport& with) {
  content_reader r{bytes, with};
  const bool good = get(r, v);
  CHECK(good == r.good());
  return good && r.left.empty();
}

// Encodings are canonical: two values are the same exactly where their bytes are.
template <class T> void check_round_trip(generator& g) {
  test_passport out, in, again;
  const auto value = random_value<T>(g);
  const auto bytes = written(value, out);
  T back{};
  REQUIRE(read(bytes, back, in));
  REQUIRE(written(back, again) == bytes);
}
template <class T> void check_hostile(generator& g) {
  test_passport out;
  const auto bytes = written(random_value<T>(g), out);
  for (int i = 0; i < 20 && !bytes.empty(); ++i) {
    auto wrong = bytes;
    switch (g() % 4) {
      case 0: wrong[g() % wrong.size()] = static_cast<char>(g()); break;
      case 1: wrong[g() % wrong.size()] ^= static_cast<char>(1 << (g() % 8)); break;
      case 2: wrong.resize(g() % wrong.size()); break;
      default: wrong.insert(g() % wrong.size(), std::string(1 + g() % 9, '\xff')); break;
    }
    test_passport in;
    T back{};
    // Bytes that can be read mean something, and are written as they mean it.
    if (read(wrong, back, in)) (void)written(back, in);
  }
  std::string noise(g() % 300, '\0');
  for (auto& b : noise) b = static_cast<char>(g());
  test_passport in;
  T back{};
  (void)read(noise, back, in);
}
template <class F> void for_each_content(F f) {
  f.template operator()<bool>();
  f.template operator()<std::uint32_t>();
  f.template operator()<std::uint64_t>();
  f.template operator()<std::int64_t>();
  f.template operator()<std::string>();
  f.template operator()<error>();
  f.template operator()<event>();
  f.template operator()<group_ref>();
  f.template operator()<groups_ref>();
  f.template operator()<answers_ref>();
  f.template operator()<enrolment_ref>();
  f.template operator()<inputs_ref>();
  f.template operator()<timers_ref>();
  f.template operator()<snapshot_ref>();
  f.template operator()<durable_ref>();
  f.template operator()<wish_ref>();
  f.template operator()<quote_batch_ref>();
  f.template operator()<call_ref>();
}

std::string why(std::string_view bytes, auto value) {
  test_passport in;
  content_reader r{bytes, in};
  CHECK(!get(r, value));
  return r.wrong;
}

}  // namespace

TEST_CASE("every kind of content comes back as it was") {
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  generator g(seed);
  for (int i = 0; i < 300; ++i) for_each_content([&]<class T>() { check_round_trip<T>(g); });
}

TEST_CASE("no bytes crash a reader") {
  const auto seed = seed_of_this_run();
  INFO("TOMNEXT_SEED=" << seed);
  generator g(seed);
  for (int i = 0; i < 300; ++i) for_each_content([&]<class T>() { check_hostile<T>(g); });
}

TEST_CASE("a group that goes to several hosts goes once") {
  generator g(1);
  test_passport out, in;
  const auto group = random_group(g);
  const auto first = written(group, out), second = written(group, out);
  CHECK(second.size() == 1);
  group_ref a, b, c;
  REQUIRE(read(first, a, in));
  REQUIRE(read(second, b, in));
  CHECK(a == b);
  CHECK(a->events.size() == group->events.size());
  const auto other = random_group(g);
  REQUIRE(read(written(other, out), c, in));
  CHECK(c->first_seq() == other->first_seq());
}

TEST_CASE("wrong content is refused by its words") {
  CHECK(why("\x02", group_ref()) == "a truth value is cut short, or neither 0 nor 1");
  CHECK(why("\x01", group_ref()) == "it refers to a group before the first one");
  CHECK(why("\xff\xff\xff\xff\x0f", groups_ref()) == "it claims 4294967295 elements in 0 bytes");
  CHECK(why("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", std::uint32_t{}) == "the number 18446744073709551615 is too large");
  CHECK(why("\x05"
            "abc",
            std::string()) == "a text or a group is cut short");
  CHECK(why("\x05", actor_ptr()) == "there is no actor of number 5");
  event e;
  CHECK(why(std::string("\xbf\x01\x01", 3) + std::string(11, '\0'), e) == "an event of type 191 version 1, which is none of this build's");
  test_passport out;
  std::string group = written(group_ref([] {
                                generator g(5);
                                return random_group(g);
                              }()),
                              out);
  group[group.size() / 2] ^= 1;
  CHECK(why(group, group_ref()) == "the group is damaged: its checksum does not match");
}

TEST_CASE("a message holds no more events than it may, whatever it claims") {
  test_passport with;
  const auto one = written(event(header{}, quote_accepted{}), with);
  std::string many;
  content_writer w{many, with};
  put(w, std::uint64_t{events_in_message_max + 1});
  for (std::size_t i = 0; i <= events_in_message_max; ++i) many += one;
  content_reader r{many, with};
  r.events_left = 1'000;  // as if most had been read already
  inputs_ref back;
  quote_batch_ref quotes;
  CHECK(!get(r, quotes));
  CHECK(r.wrong == "more than 524288 events");
}

TEST_CASE("each message of the protocols is told from the others, and is found by its content") {
  const auto& table = message_table();
  CHECK(table.size() > 30);
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) CHECK(table[i].name != table[k].name);
  generator g(3);
  test_passport out, in;
  const auto check = [&](const message_value& m, const std::string& name) {
    const auto found = method_of(m);
    REQUIRE(found);
    CHECK(table[*found].name == name);
    std::string bytes;
    content_writer w{bytes, out};
    table[*found].put(w, m);
    message_value back;
    content_reader r{bytes, in};
    REQUIRE(table[*found].get(r, back));
    CHECK(method_of(back) == found);
    // The same message with a byte behind it is another, and none.
    bytes += '\0';
    content_reader longer{bytes, in};
    CHECK(!table[*found].get(longer, back));
  };
  check(message_of(deliver_v, random_group(g)), "deliver(group)");
  check(message_of(answers_v, random_value<answers_ref>(g)), "answers(answers)");
  check(message_of(enroll_v, std::uint32_t{7}, actor_ptr()), "enroll(u32, actor) -> (enrolment)");
  check(message_of(read_v, std::uint64_t{1}, std::uint64_t{2}), "read(u64, u64) -> (groups)");
  check(message_of(query_v, random_value<call_ref>(g), std::string("status"), std::string()), "query(call, text, text) -> (text)");
  check(message_of(position_v, std::uint32_t{3}), "position(u32) -> (u64, i64)");
  check(message_of(offer_v, random_value<inputs_ref>(g)), "offer(inputs) -> (u64)");
  // What is of one process stays there.
  CHECK(!method_of(message_of(write_v, random_group(g))));
  CHECK(!method_of(message_of(deliver_v, std::string("no group"))));
  CHECK(!method_of(value_of_parts(std::string("no atom"))));
}
