#include "actors/remote/content.hpp"

#include <limits>
#include <utility>

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/wire.hpp"

namespace tomnext::remote {

using namespace actors;
namespace wire = persistence::wire;

namespace {

// Longer texts are none that an actor of ours sends: names, questions, errors, answers as JSON.
constexpr std::size_t text_bytes_max = std::size_t{16} << 20;

template <class T> bool get_number(content_reader& r, T& v) {
  std::uint64_t x = 0;
  const char* const next = r.good() ? wire::get_varint(r.left.data(), r.left.data() + r.left.size(), x) : nullptr;
  if (next == nullptr) return r.fail("a number is cut short");
  if (x > std::numeric_limits<T>::max()) return r.fail("the number " + std::to_string(x) + " is too large");
  r.left.remove_prefix(static_cast<std::size_t>(next - r.left.data()));
  v = static_cast<T>(x);
  return true;
}
void put_number(content_writer& w, std::uint64_t v) {
  char room[10];
  w.out.append(room, static_cast<std::size_t>(wire::put_varint(room, v) - room));
}
void put_bytes(content_writer& w, std::string_view bytes) {
  put_number(w, bytes.size());
  w.out += bytes;
}
bool get_bytes(content_reader& r, std::size_t most, std::string_view& bytes) {
  std::size_t size = 0;
  if (!get_number(r, size)) return false;
  if (size > most) return r.fail(std::to_string(size) + " bytes, where at most " + std::to_string(most) + " are allowed");
  if (size > r.left.size()) return r.fail("a text or a group is cut short");
  bytes = r.left.substr(0, size);
  r.left.remove_prefix(size);
  return true;
}
bool get_hash(content_reader& r, hash256& v) {
  if (r.left.size() < v.bytes.size()) return r.fail("a hash is cut short");
  std::copy_n(r.left.begin(), v.bytes.size(), reinterpret_cast<char*>(v.bytes.data()));
  r.left.remove_prefix(v.bytes.size());
  return true;
}

/// A pointer that stands for its value; none of them may be null where it is not said.
template <class T> const T& value_of(const std::shared_ptr<T>& p) {
  static const std::remove_const_t<T> none{};
  return p ? *p : none;
}

}  // namespace

// ---- parts of what pointers point to ---------------------------------------------------------------

// Elements are made as their bytes are read: a count alone takes no memory.
template <class T> static bool get_list(content_reader& r, std::vector<T>& v);
template <class T> static void put_list(content_writer& w, const std::vector<T>& v);

static void put(content_writer& w, const reaction& v) {
  put_number(w, v.cause);
  put_list(w, v.events);
}
static bool get(content_reader& r, reaction& v) { return get_number(r, v.cause) && get_list(r, v.events); }

static void put(content_writer& w, const offered_input& v) {
  put(w, v.what);
  put(w, v.after_timers_at);
  put(w, v.expected_version.has_value());
  if (v.expected_version) put_number(w, *v.expected_version);
}
static bool get(content_reader& r, offered_input& v) {
  bool expects = false;
  if (!get(r, v.what) || !get(r, v.after_timers_at) || !get(r, expects)) return false;
  return !expects || get_number(r, v.expected_version.emplace());
}

static void put(content_writer& w, const timer_armed& v) { put_bytes(w, wire::encoded(v)); }
static bool get(content_reader& r, timer_armed& v) {
  std::string_view bytes;
  if (!get_bytes(r, text_bytes_max, bytes)) return false;
  return wire::decode(bytes.data(), bytes.data() + bytes.size(), v) || r.fail("a timer's fields cannot be read");
}

static void put(content_writer& w, const persistence::log_head& v) {
  put_number(w, v.seq);
  put_number(w, v.epoch);
  w.out += persistence::bytes_of(v.chain_hash);
}
static bool get(content_reader& r, persistence::log_head& v) { return get_number(r, v.seq) && get_number(r, v.epoch) && get_hash(r, v.chain_hash); }

static void put(content_writer& w, const registration& v) {
  put_number(w, v.incarnation);
  put_number(w, v.registered_at);
  put_number(w, v.record.decided_to);
  put_number(w, v.record.recorded_to);
  put(w, v.known);
}
static bool get(content_reader& r, registration& v) {
  return get_number(r, v.incarnation) && get_number(r, v.registered_at) && get_number(r, v.record.decided_to) && get_number(r, v.record.recorded_to) &&
         get(r, v.known);
}

static void put(content_writer& w, const persistence::event_filter& v) {
  std::vector<std::uint32_t> types;
  for (std::uint32_t i = 0; i < event_numbers; ++i)
    if (v.types[i]) types.push_back(i);
  put_list(w, types);
  const auto optional = [&w](const auto& o, auto number) {
    put(w, o.has_value());
    if (o) put_number(w, number(*o));
  };
  optional(v.host, [](host_id h) { return h.value; });
  optional(v.instrument, [](std::uint32_t i) { return i; });
  optional(v.correlation, [](std::uint64_t c) { return c; });
  optional(v.from_at, [](timestamp t) { return wire::zigzag(t.ns); });
  optional(v.until_at, [](timestamp t) { return wire::zigzag(t.ns); });
}
static bool get(content_reader& r, persistence::event_filter& v) {
  std::vector<std::uint32_t> types;
  if (!get_list(r, types)) return false;
  for (const auto t : types) {
    if (t >= event_numbers) return r.fail("an event type " + std::to_string(t) + " that this build does not know");
    v.types[t] = true;
  }
  const auto optional = [&r]<class N>(N, auto set) {
    bool there = false;
    N n{};
    if (!get(r, there)) return false;
    if (there && get_number(r, n)) set(n);
    return r.good();
  };
  return optional(std::uint32_t{}, [&](auto n) { v.host = host_id{n}; }) && optional(std::uint32_t{}, [&](auto n) { v.instrument = n; }) &&
         optional(std::uint64_t{}, [&](auto n) { v.correlation = n; }) &&
         optional(std::uint64_t{}, [&](auto n) { v.from_at = timestamp{wire::unzigzag(n)}; }) &&
         optional(std::uint64_t{}, [&](auto n) { v.until_at = timestamp{wire::unzigzag(n)}; });
}

template <class T> static void put_list(content_writer& w, const std::vector<T>& v) {
  put_number(w, v.size());
  for (const auto& x : v) put(w, x);
}
template <class T> static bool get_list(content_reader& r, std::vector<T>& v) {
  std::size_t count = 0;
  if (!get_number(r, count)) return false;
  if (count > r.left.size()) return r.fail("it claims " + std::to_string(count) + " elements in " + std::to_string(r.left.size()) + " bytes");
  for (std::size_t i = 0; i < count && r.good(); ++i)
    if (!get(r, v.emplace_back())) return false;
  return r.good();
}
template <class Ref, class T> static bool get_list_as(content_reader& r, Ref& v) {
  auto all = std::make_shared<std::vector<T>>();
  if (!get_list(r, *all)) return false;
  v = std::move(all);
  return true;
}

// ---- plain values ----------------------------------------------------------------------------------

void put(content_writer& w, bool v) { w.out += v ? '\1' : '\0'; }
bool get(content_reader& r, bool& v) {
  if (r.left.empty() || static_cast<unsigned char>(r.left.front()) > 1) return r.fail("a truth value is cut short, or neither 0 nor 1");
  v = r.left.front() == '\1';
  r.left.remove_prefix(1);
  return true;
}
void put(content_writer& w, std::uint32_t v) { put_number(w, v); }
bool get(content_reader& r, std::uint32_t& v) { return get_number(r, v); }
void put(content_writer& w, std::uint64_t v) { put_number(w, v); }
bool get(content_reader& r, std::uint64_t& v) { return get_number(r, v); }
void put(content_writer& w, std::int64_t v) { put_number(w, wire::zigzag(v)); }
bool get(content_reader& r, std::int64_t& v) {
  std::uint64_t x = 0;
  if (!get_number(r, x)) return false;
  v = wire::unzigzag(x);
  return true;
}
void put(content_writer& w, const std::string& v) { put_bytes(w, v); }
bool get(content_reader& r, std::string& v) {
  std::string_view bytes;
  if (!get_bytes(r, text_bytes_max, bytes)) return false;
  v = bytes;
  return true;
}

void put(content_writer& w, const error& v) {
  put_number(w, static_cast<std::uint16_t>(v.code));
  put_bytes(w, std::string_view(v.message).substr(0, 4'096));
}
bool get(content_reader& r, error& v) {
  std::uint16_t code = 0;
  if (!get_number(r, code) || !get(r, v.message)) return false;
  v.code = static_cast<errc>(code);
  return true;
}

// ---- events ----------------------------------------------------------------------------------------

// Proposed events have no seq yet, so they are no group: their envelope is written in full, their payload as in the log.
void put(content_writer& w, const event& v) {
  const auto& h = v.head;
  for (const std::uint64_t n :
       {std::uint64_t{h.type}, std::uint64_t{h.version}, h.seq, h.cause, h.position, h.correlation, wire::zigzag(h.at.ns), std::uint64_t{h.host.value},
        std::uint64_t{h.incarnation}, std::uint64_t{h.source}, std::uint64_t{h.ordinal}, std::uint64_t{h.depth}})
    put_number(w, n);
  thread_local std::string room;
  room.resize(persistence::payload_bound(v));
  put_bytes(w, {room.data(), static_cast<std::size_t>(persistence::encode_payload(room.data(), v) - room.data())});
}
bool get(content_reader& r, event& v) {
  if (r.events_left == 0) return r.fail("more than " + std::to_string(events_in_message_max) + " events");
  --r.events_left;
  header h;
  std::uint64_t at = 0;
  std::string_view payload;
  if (!get_number(r, h.type) || !get_number(r, h.version) || !get_number(r, h.seq) || !get_number(r, h.cause) || !get_number(r, h.position) ||
      !get_number(r, h.correlation) || !get_number(r, at) || !get_number(r, h.host.value) || !get_number(r, h.incarnation) || !get_number(r, h.source) ||
      !get_number(r, h.ordinal) || !get_number(r, h.depth) || !get_bytes(r, persistence::group_bytes_max, payload))
    return false;
  h.at.ns = wire::unzigzag(at);
  const auto known = persistence::newest_version(h.type);
  if (known == 0 || h.version != known)
    return r.fail("an event of type " + std::to_string(h.type) + " version " + std::to_string(h.version) + ", which is none of this build's");
  if (!persistence::decode_payload(h.type, payload.data(), payload.size(), v)) return r.fail("a payload that is no " + std::string(event_name(h.type)));
  v.head = h;
  return true;
}

// To several hosts of one node a group goes once: the second and all further times it is "the last one".
void put(content_writer& w, const group_ref& v) {
  const bool again = v == w.with.last_written;
  put(w, again);
  ++w.groups;
  if (again) return;
  thread_local std::string bytes;
  persistence::encode_group(*v, {}, bytes);
  put_bytes(w, bytes);
  w.with.last_written = v;
}
bool get(content_reader& r, group_ref& v) {
  bool again = false;
  if (!get(r, again)) return false;
  if (again) {
    v = r.with.last_read;
    return v ? true : r.fail("it refers to a group before the first one");
  }
  std::string_view bytes;
  if (!get_bytes(r, persistence::group_bytes_max, bytes)) return false;
  const auto head = persistence::decode_group_head(bytes);
  if (!head) return r.fail(head.error().message);
  if (head->count > r.events_left) return r.fail("more than " + std::to_string(events_in_message_max) + " events");
  r.events_left -= head->count;
  auto decoded = persistence::decode_group(bytes);
  if (!decoded) return r.fail(decoded.error().message);
  v = r.with.last_read = std::move(decoded->events);
  return true;
}
void put(content_writer& w, const groups_ref& v) { put_list(w, value_of(v)); }
bool get(content_reader& r, groups_ref& v) { return get_list_as<groups_ref, group_ref>(r, v); }

// ---- what pointers point to ------------------------------------------------------------------------

void put(content_writer& w, const actor_ptr& v) { put_number(w, w.with.number_of(v)); }
bool get(content_reader& r, actor_ptr& v) {
  std::uint64_t number = 0;
  if (!get_number(r, number)) return false;
  v = number == 0 ? actor_ptr() : r.with.actor_of(number);
  return number == 0 || v ? true : r.fail("there is no actor of number " + std::to_string(number));
}

void put(content_writer& w, const answers_ref& v) {
  const auto& b = value_of(v);
  put_number(w, b.host.value);
  put_number(w, b.incarnation);
  put_number(w, b.answered_to);
  put_list(w, b.reactions);
}
bool get(content_reader& r, answers_ref& v) {
  auto b = std::make_shared<answer_batch>();
  if (!get_number(r, b->host.value) || !get_number(r, b->incarnation) || !get_number(r, b->answered_to) || !get_list(r, b->reactions)) return false;
  v = std::move(b);
  return true;
}

void put(content_writer& w, const enrolment_ref& v) {
  put(w, value_of(v).granted);
  put_list(w, value_of(v).not_yet_durable);
}
bool get(content_reader& r, enrolment_ref& v) {
  auto e = std::make_shared<enrolment>();
  if (!get(r, e->granted) || !get_list(r, e->not_yet_durable)) return false;
  v = std::move(e);
  return true;
}

void put(content_writer& w, const inputs_ref& v) { put_list(w, value_of(v)); }
bool get(content_reader& r, inputs_ref& v) { return get_list_as<inputs_ref, offered_input>(r, v); }
void put(content_writer& w, const timers_ref& v) { put_list(w, value_of(v)); }
bool get(content_reader& r, timers_ref& v) { return get_list_as<timers_ref, timer_armed>(r, v); }

// Null says something here: there is no snapshot.
void put(content_writer& w, const snapshot_ref& v) {
  put(w, v != nullptr);
  if (!v) return;
  put_bytes(w, v->key.host);
  put_number(w, v->key.service_version);
  put_number(w, v->key.state_version);
  put_number(w, v->key.configuration_hash);
  put_number(w, v->covered);
  put_number(w, v->mark);
  put(w, v->at);
  put_bytes(w, v->state);
}
bool get(content_reader& r, snapshot_ref& v) {
  bool there = false;
  if (!get(r, there)) return false;
  v = nullptr;
  if (!there) return true;
  auto s = std::make_shared<persistence::snapshot>();
  std::string_view host, state;
  if (!get_bytes(r, persistence::host_name_bytes_max, host) || !get_number(r, s->key.service_version) || !get_number(r, s->key.state_version) ||
      !get_number(r, s->key.configuration_hash) || !get_number(r, s->covered) || !get_number(r, s->mark) || !get(r, s->at) ||
      !get_bytes(r, persistence::snapshot_state_bytes_max, state))
    return false;
  s->key.host = host;
  s->state = state;
  v = std::move(s);
  return true;
}

void put(content_writer& w, const durable_ref& v) { put(w, value_of(v)); }
bool get(content_reader& r, durable_ref& v) {
  auto h = std::make_shared<persistence::log_head>();
  if (!get(r, *h)) return false;
  v = std::move(h);
  return true;
}

void put(content_writer& w, const wish_ref& v) {
  const auto& f = value_of(v);
  put_bytes(w, f.name);
  put(w, f.who);
  put(w, f.from_seq.has_value());
  if (f.from_seq) put_number(w, *f.from_seq);
  put(w, f.wanted);
  put_number(w, f.credit_events);
}
bool get(content_reader& r, wish_ref& v) {
  auto f = std::make_shared<feed_wish>();
  bool from = false;
  if (!get(r, f->name) || !get(r, f->who) || !get(r, from) || (from && !get_number(r, f->from_seq.emplace())) || !get(r, f->wanted) ||
      !get_number(r, f->credit_events))
    return false;
  v = std::move(f);
  return true;
}

void put(content_writer& w, const quote_batch_ref& v) {
  const auto& q = value_of(v);
  put_list(w, q.inputs);
  put(w, q.ended);
  put_number(w, q.accepted);
  put_number(w, q.rejected);
}
bool get(content_reader& r, quote_batch_ref& v) {
  auto q = std::make_shared<quote_batch>();
  if (!get_list(r, q->inputs) || !get(r, q->ended) || !get_number(r, q->accepted) || !get_number(r, q->rejected)) return false;
  v = std::move(q);
  return true;
}

// Clocks of two processes have nothing in common: what is left of the deadline goes across. A cancel does not; the deadline ends the work there.
void put(content_writer& w, const call_ref& v) {
  put(w, v != nullptr);
  if (!v) return;
  put_bytes(w, v->correlation);
  put_number(w, static_cast<std::uint64_t>(v->remaining(w.with.now()).count()));
  put(w, v->how == urgency::urgent);
}
bool get(content_reader& r, call_ref& v) {
  bool there = false, urgent = false;
  std::string correlation;
  std::uint32_t left_ms = 0;
  if (!get(r, there)) return false;
  v = nullptr;
  if (!there) return true;
  if (!get(r, correlation) || !get_number(r, left_ms) || !get(r, urgent)) return false;
  v = begin_call(std::move(correlation), r.with.now() + std::chrono::milliseconds(left_ms), {}, urgent ? urgency::urgent : urgency::normal);
  return true;
}

std::string events_outline() {
  std::string all;
  for_each_event_type([&]<class E>() {
    all += std::to_string(E::type_number) + " " + std::string(event_name(E::type_number)) + " " + std::to_string(E::schema_version) + "\n";
  });
  return all;
}

}  // namespace tomnext::remote
