// A connection as actors see it, on one thread and virtual time: two links in one system, and the bytes between them carried by the test.
#include "actors/remote/link.hpp"

#include "actors/remote/permission.hpp"
#include "persistence/bytes.hpp"
#include "tests/actors/runtime/stage.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::remote;
using namespace tomnext::tests;

namespace {

/// What the two sides have seen, in order.
using story = std::shared_ptr<std::vector<std::string>>;

struct journal_stub {
  journal_protocol::pointer self;
  story seen;
  std::vector<promise_guard<std::uint64_t>> held;
  journal_stub(journal_protocol::pointer self_, story s) : self(self_), seen(std::move(s)) {}
  journal_protocol::behavior_type behavior() {
    return {[this](enroll_atom, std::uint32_t host, const actor_ptr& who) -> answer<enrolment_ref> {
              seen->push_back("enroll " + std::to_string(host));
              auto g = std::make_shared<persistence::group>();
              g->events.push_back(event(header{}, quote_accepted{}));
              g->events.front().head.seq = 9;
              auto e = std::make_shared<enrolment>();
              e->granted.incarnation = 3;
              e->not_yet_durable = {g};
              // As the journal does: what comes behind the registration is delivered to whoever has registered.
              tell(self, handle_of<host_protocol>(who), deliver_v, group_ref(g));
              tell(self, handle_of<host_protocol>(who), deliver_v, group_ref(g));
              return enrolment_ref(std::move(e));
            },
            [this](answers_atom, const answers_ref& a) {
              seen->push_back("answers to " + std::to_string(a->answered_to));
              if (a->incarnation == 0) exit_now(self->current_sender(), to_caf({errc::stale_incarnation, "an earlier life"}));
            },
            [](admit_atom, const inputs_ref&) -> answer<std::uint64_t> { return std::uint64_t{0}; },
            [](timers_atom, const actor_ptr&) -> answer<timers_ref> { return timers_ref(); },
            [](position_atom, std::uint32_t) -> answer<std::uint64_t, std::int64_t> {
              return {std::uint64_t{17}, std::int64_t{-4}};
            },
            [this](settled_atom) -> answer<std::uint64_t> {
              auto p = promise_answer<std::uint64_t>(self);
              held.emplace_back(p);
              return p;
            },
            [](await_atom, std::uint64_t) -> answer<std::uint64_t, std::uint64_t> {
              return {std::uint64_t{0}, std::uint64_t{0}};
            },
            [](shown_atom, std::uint32_t, std::uint64_t) -> answer<std::uint64_t> {
              return to_caf({errc::log_full, "no room"});
            },
            [](durable_atom, const durable_ref&) {},
            [](full_atom, const std::string&) {},
            [](status_atom) -> answer<std::string> { return std::string("fine"); }};
  }
};
struct host_stub {
  host_protocol::pointer self;
  journal_protocol journal;
  story seen;
  host_stub(host_protocol::pointer self_, journal_protocol j, story s) : self(self_), journal(std::move(j)), seen(std::move(s)) {}
  host_protocol::behavior_type behavior() {
    ask(self, journal, 10s, enroll_v, std::uint32_t{7}, pointer_of(self))
        .then([this](const enrolment_ref& e) { seen->push_back("enrolled as " + std::to_string(e->granted.incarnation)); },
              [this](const actor_error& e) { seen->push_back("not enrolled: " + from_caf(e).message); });
    return {[this](deliver_atom, const group_ref& g) { seen->push_back("delivered " + std::to_string(g->first_seq())); },
            [this](tick_atom) {
              tell(self, journal, answers_v, std::make_shared<answer_batch>(answer_batch{host_id{7}, 0, 9, {}}));
            },
            [](query_atom, const call_ref&, const std::string& question, const std::string&) -> answer<std::string> { return "to " + question; }};
  }
};

/// The journal's side (a) and the hosts' side (b).
struct linked {
  stage on;
  story seen = std::make_shared<std::vector<std::string>>();
  journal_protocol journal = spawn_actor<journal_protocol, journal_stub>(on.system, on.figures, {"journal", "journal", ""}, seen);
  std::shared_ptr<node_link> a, b;
  std::string broken;  ///< why a connection cannot go on
  explicit linked(std::function<void(link_settings&)> change = [](link_settings&) {}) {
    link_settings at_a;
    at_a.system = &on.system;
    at_a.peer = "hosts";
    at_a.offered = {{known_actor::journal, pointer_of(journal)}};
    link_settings at_b;
    at_b.system = &on.system;
    at_b.peer = "journal";
    at_b.may_end_ours = true;
    change(at_b);
    a = std::make_shared<node_link>(at_a, [] {});
    b = std::make_shared<node_link>(at_b, [] {});
  }
  ~linked() {
    a->closed({errc::cancelled, "the test is over"});
    b->closed({errc::cancelled, "the test is over"});
    exit_now(pointer_of(journal), exit_reason::kill);
    on.settle();
  }
  [[nodiscard]] journal_protocol remote_journal() const { return handle_of<journal_protocol>(b->known(known_actor::journal)); }
  bool carry(node_link& from, node_link& to) {
    std::uint64_t groups = 0;
    bool any = false;
    // A few bytes at a time: messages lie across pieces.
    for (std::string piece; !(piece = from.take(5, groups)).empty(); any = true)
      if (auto good = to.received(piece); !good) broken = good.error().message;
    return any;
  }
  void settle() {
    for (bool more = true; more;) {
      on.settle();
      more = carry(*a, *b);
      more = carry(*b, *a) || more;
    }
  }
  host_protocol host() { return spawn_actor<host_protocol, host_stub>(on.system, on.figures, {"host", "host", ""}, remote_journal(), seen); }
  template <class R, class... Q> std::string asked(const journal_protocol& whom, Q... question) {
    auto text = std::make_shared<std::string>("nothing");
    spawn_errand(on.system, [=](plain_actor* self) {
      ask(self, whom, 60s, question...)
          .then(
              [text](const R& v) {
                if constexpr (std::is_same_v<R, std::string>) *text = v;
                else *text = std::to_string(v);
              },
              [text](const actor_error& e) { *text = std::to_string(static_cast<int>(from_caf(e).code)) + " " + from_caf(e).message; });
    });
    settle();
    return *text;
  }
};

/// A message as a peer may send it, whatever is in it.
struct raw_passport final : passport {
  std::uint64_t number_of(const actor_ptr&) override { return 0; }
  actor_ptr actor_of(std::uint64_t) override { return nullptr; }
  [[nodiscard]] steady_time now() const override { return {}; }
};
template <class... T> std::string raw(char what, T... parts) {
  raw_passport p;
  std::string bytes(1, what);
  [[maybe_unused]] content_writer w{bytes, p};
  (put(w, parts), ...);
  std::string framed;
  persistence::put_number(framed, static_cast<std::uint32_t>(bytes.size()));
  return framed + bytes;
}
using u64 = std::uint64_t;
u64 number_of(atom name, std::size_t values) { return method_named(name, values); }

}  // namespace

TEST_CASE("a host registers, is delivered and answers across a link as it does beside its journal") {
  linked l;
  auto h = l.host();
  l.settle();
  CHECK(*l.seen == std::vector<std::string>{"enroll 7", "delivered 9", "delivered 9", "enrolled as 3"});
  l.seen->clear();
  // Answers of an earlier life: the journal ends whoever sent them, and that is the host itself.
  std::string ended;
  when_down(pointer_of(h), [&](const actor_error& e) { ended = reason_text(e); });
  tell_from_outside(h, tick_v);
  l.settle();
  CHECK(*l.seen == std::vector<std::string>{"answers to 9"});
  CHECK(ended == "an earlier life");
}

TEST_CASE("requests are answered with values, with errors, and late") {
  linked l;
  CHECK(l.asked<std::string>(l.remote_journal(), status_v) == "fine");
  CHECK(l.asked<u64>(l.remote_journal(), shown_v, std::uint32_t{7}, u64{1}) == "504 no room");
  CHECK(l.asked<u64>(l.remote_journal(), settled_v) == "nothing");
  l.a->closed({errc::network_io, "the cable"});
  l.settle();
  // The journal's side has let go of its end, and the other side learns it from its own.
  CHECK(l.asked<std::string>(l.journal, status_v) == "fine");
}

TEST_CASE("when a connection ends, what was asked is answered with an error, and whoever watches the other side learns of it") {
  linked l;
  auto text = std::make_shared<std::string>();
  const auto there = l.remote_journal();
  spawn_errand(l.on.system,
               [=](plain_actor* self) { ask(self, there, 60s, settled_v).then([](u64) {}, [text](const actor_error& e) { *text = from_caf(e).message; }); });
  l.settle();
  std::string down;
  when_down(pointer_of(there), [&](const actor_error& e) { down = reason_text(e); });
  l.b->closed({errc::network_io, "the cable"});
  l.on.settle();
  CHECK(*text == "the link with journal has ended: the cable");
  CHECK(down == "the link with journal has ended: the cable");
  CHECK(l.asked<std::string>(there, status_v) == "602 the link with journal has ended");
}

TEST_CASE("an actor that ends is down on the other side too") {
  linked l;
  auto h = l.host();
  l.settle();
  std::string down;
  // As the journal knows it: the sender of its messages.
  tell_from_outside(h, tick_v);
  exit_now(pointer_of(h), exit_reason::kill);
  l.settle();
  CHECK(l.broken.empty());
  std::string ended;
  when_down(pointer_of(l.remote_journal()), [&](const actor_error& e) { ended = reason_text(e); });
  exit_now(pointer_of(l.journal), exit_reason::kill);
  l.settle();
  CHECK(l.asked<std::string>(l.remote_journal(), status_v) == "602 the actor that was asked is gone");
}

TEST_CASE("what a peer does not take is bounded: requests are refused, and what is no request ends the connection") {
  linked l([](link_settings& s) {
    s.outbox_bytes_max = 1'000;
    s.requests_max = 3;
  });
  const auto there = l.remote_journal();
  auto refused = std::make_shared<int>(0);
  for (int i = 0; i < 5; ++i)
    spawn_errand(l.on.system, [=](plain_actor* self) {
      ask(self, there, 60s, settled_v).then([](u64) {}, [refused](const actor_error& e) { *refused += from_caf(e).code == errc::overloaded ? 1 : 0; });
    });
  l.on.settle();
  CHECK(*refused == 2);
  REQUIRE(l.b->check({}));
  for (int i = 0; i < 200; ++i) tell_from_outside(there, answers_v, std::make_shared<answer_batch>());
  const auto good = l.b->check({});
  REQUIRE(!good);
  CHECK(good.error().code == errc::overloaded);
  std::uint64_t groups = 0;
  CHECK(l.b->take(1 << 20, groups).size() < 1'200);
}

TEST_CASE("a message that cannot leave its process ends the connection, instead of being lost") {
  linked l;
  put_mail(l.b->known(known_actor::journal), nullptr, 0, false, value_of_parts(std::string("no message of any protocol")));
  const auto good = l.b->check({});
  REQUIRE(!good);
  CHECK(good.error().message == "a message was sent to journal that cannot leave its process");
}

TEST_CASE("a peer that says what it may not is refused by its words") {
  const auto refused = [](const std::string& bytes) {
    linked l;
    const auto good = l.a->received(bytes);
    return good ? std::string() : good.error().message;
  };
  const u64 to_journal = 1 << 1 | 1, somebody = 20 << 1;
  const auto status = number_of(status_v, 0), answers = number_of(answers_v, 1);
  CHECK(refused(raw(2, to_journal, somebody, false, status, u64{1})).empty());
  CHECK(refused(raw(9)) == "a message of an unknown kind");
  CHECK(refused(std::string(4, '\0')) == "a message of 0 bytes");
  CHECK(refused(std::string(4, '\xff')) == "a message of 4294967295 bytes");
  CHECK(refused(raw(1, to_journal, u64{0}, false, u64{9'999})) == "a message of number 9999, of which there are " + std::to_string(message_table().size()));
  CHECK(refused(raw(1, u64{1 << 1}, u64{0}, false, answers)) == "answers(answers) is for an actor of its own");
  CHECK(refused(raw(1, to_journal, u64{1 << 1 | 1}, false, answers)) == "answers(answers) is said to come from an actor of this side");
  CHECK(refused(raw(1, to_journal, somebody, false, status)) == "status() -> (text) is not sent so");
  CHECK(refused(raw(2, to_journal, u64{0}, false, status, u64{1})) == "status() -> (text) is not sent so");
  CHECK(refused(raw(2, to_journal, somebody, false, status, u64{0})) == "status() -> (text) is not sent so");
  CHECK(refused(raw(2, to_journal, somebody, false, status, u64{1}, std::string("more"))) == "status() -> (text): bytes behind its end");
  CHECK(refused(raw(2, u64{2 << 1 | 1}, somebody, false, status, u64{1})) == "status() -> (text) is for actor 2, which is nobody");
  CHECK(refused(raw(2, u64{99 << 1 | 1}, somebody, false, status, u64{1})) == "status() -> (text) is for actor 99, which is nobody");
  const auto twice = raw(2, to_journal, somebody, false, number_of(settled_v, 0), u64{1});
  CHECK(refused(twice + twice) == "two requests of number 1");
  CHECK(refused(raw(3, u64{4})) == "an answer to request 4, which was not made, or is answered already");
  CHECK(refused(raw(5, to_journal, error(errc::cancelled, ""))) == "it may end no actor of this side");
  CHECK(refused(raw(6, to_journal, error(errc::cancelled, ""))) == "it tells of the end of an actor that is not its own");
}

TEST_CASE("a node may say what its own hosts say, and nothing else") {
  linked l;
  const auto where = std::make_shared<directory>();
  (void)where->address_of(l.on.system, "risk/book");
  permission may({{"risk/book", 7}}, where);
  const auto there = l.b->known(known_actor::journal);  // an actor of the other side, as seen from b
  const auto check = [&](known_actor to, method what, message_value m, const actor_ptr& from) {
    arrival a{static_cast<u64>(to), what, m, from};
    const auto good = may.check(*l.b, a);
    return good ? std::string() : good.error().message;
  };
  const auto make = [](auto name, auto... values) { return message_of(name, values...); };
  using k = known_actor;
  const auto enroll = method_named(enroll_v, 2), answers = method_named(answers_v, 1), read = method_named(read_v, 2);
  CHECK(check(k::journal, enroll, make(enroll_v, std::uint32_t{7}, there), there).empty());
  CHECK(as_address(where->find("risk/book"))->life() == there);
  CHECK(check(k::journal, enroll, make(enroll_v, std::uint32_t{8}, there), there) == "host 8 is not placed there");
  const auto ours = pointer_of(l.journal);
  CHECK(check(k::journal, enroll, make(enroll_v, std::uint32_t{7}, ours), there) == "a host enrols itself, and nobody else");
  CHECK(check(k::journal, enroll, make(enroll_v, std::uint32_t{7}, ours), ours) == "a host enrols itself, and nobody else");
  auto batch = std::make_shared<answer_batch>(answer_batch{host_id{7}, 2, 5, {{5, {event(header{}, order_denied{})}}}});
  auto& e = batch->reactions.front().events.front();
  e.head.host = host_id{7};
  e.head.incarnation = 2;
  CHECK(check(k::journal, answers, make(answers_v, answers_ref(batch)), there).empty());
  e.head.host = host_id{1};
  CHECK(check(k::journal, answers, make(answers_v, answers_ref(batch)), there) == "an event of host 1 among the answers of host 7");
  batch->host = host_id{9};
  CHECK(check(k::journal, answers, make(answers_v, answers_ref(batch)), there) == "host 9 is not placed there");
  CHECK(check(k::journal, method_named(durable_v, 1), make(durable_v, durable_ref()), there) == "durable(head) is not for hosts to say to the journal");
  CHECK(check(k::journal, method_named(admit_v, 1), make(admit_v, inputs_ref()), there) == "admit(inputs) -> (u64) is not for hosts to say to the journal");
  CHECK(check(k::journal, method_named(shown_v, 2), make(shown_v, std::uint32_t{7}, u64{5}), there).empty());
  CHECK(check(k::journal, method_named(shown_v, 2), make(shown_v, std::uint32_t{8}, u64{5}), there) == "host 8 is not placed there");
  CHECK(check(k::reader, method_named(snapshot_v, 1), make(snapshot_v, std::uint32_t{8}), there) == "host 8 is not placed there");
  CHECK(check(k::keeper, method_named(snapshot_v, 3), make(snapshot_v, std::uint32_t{7}, std::uint32_t{1}, std::make_shared<const persistence::snapshot>()),
              there) == "a snapshot of another host");
  CHECK(check(k::readiness, method_named(ready_v, 1), make(ready_v, std::string("risk/book")), there).empty());
  CHECK(check(k::readiness, method_named(ready_v, 1), make(ready_v, std::string("another")), there) == "it speaks for 'another', which is not placed there");
  // An actor of this side that it was told of.
  CHECK(check(static_cast<k>(16), answers, make(answers_v, answers_ref(batch)), there) == "answers(answers) is not for hosts to say");
  // Of a read so much as an answer may hold.
  auto m = make(read_v, u64{1}, u64{1'000'000});
  arrival a{static_cast<u64>(k::reader), read, m, there};
  REQUIRE(may.check(*l.b, a));
  CHECK(m.get_as<u64>(2) == groups_per_read_max);
}
