#include "actors/journal/feed_actor.hpp"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "actors/runtime/deadline_watch.hpp"
#include "actors/runtime/instrumented.hpp"
#include "actors/runtime/view_support.hpp"

namespace tomnext::actors {
namespace {

constexpr std::size_t readers_max = 256;
constexpr std::uint64_t credit_events_max = 1u << 20;

}  // namespace

feed_state::feed_state(feed_protocol::pointer self, std::shared_ptr<feed_link> link, const writer_protocol& writer, feed_settings settings)
    : self_(self), link_(std::move(link)), writer_(pointer_of(writer)), settings_(std::move(settings)) {
  on_down(self_, [this](const down_notice& m) {
    const std::scoped_lock lock(link_->serving);
    gone(m.source);
  });
  take_over();
  // The writer wakes whoever joined last, and the one that joins.
  tell(self_, writer, subscribe_v, pointer_of(self_));
  tell_later(self_, watch_every, watch_v);
}

feed_state::~feed_state() = default;

feed_protocol::behavior_type feed_state::behavior() {
  return {
      [this](subscribe_atom, const wish_ref& wish) -> answer<std::uint64_t> {
        const std::scoped_lock lock(link_->serving);
        auto from = subscribe(*wish);
        if (!from) return to_caf(from.error());
        return *from;
      },
      [this](done_atom, const std::string& name, std::uint64_t seq) {
        const std::scoped_lock lock(link_->serving);
        done(name, seq);
      },
      [this](durable_atom) {
        // Before anything is read: what is committed from here on wakes this actor again.
        link_->told.store(false);
        going_on_ = false;
        const std::scoped_lock lock(link_->serving);
        // Until the writer knew this life it gave in the name of the one before. From its first word on it does no more.
        if (self_->current_sender() == writer_ && !std::exchange(known_to_writer_, true)) ask_outstanding();
        serve();
      },
      [this](settled_atom, const std::string& name) -> answer<std::uint64_t> {
        const std::scoped_lock lock(link_->serving);
        if (!name.empty() && link_->readers.count(name) == 0) return to_caf({errc::not_ready, "the durable feed has no reader '" + name + "' now"});
        auto promise = promise_answer<std::uint64_t>(self_);
        settlements_.push_back({name, link_->recent.head().seq, promise_guard<std::uint64_t>(promise)});
        settle_promises();
        return promise;
      },
      [this](watch_atom) {
        const std::scoped_lock lock(link_->serving);
        look_for_stalls();
        record_of(self_).set_memory(link_->recent.kept().kept_bytes);
        tell_later(self_, watch_every, watch_v);
      },
      [this](status_atom) -> answer<std::string> {
        const std::scoped_lock lock(link_->serving);
        return status();
      },
  };
}

void feed_state::take_over() {
  const std::scoped_lock lock(link_->serving);
  link_->awaited = false;
  for (auto& [name, r] : link_->readers) {
    watch(self_, r.who);
    r.cursor.stored.reset();
    r.cursor.next_seq = (r.outstanding.empty() ? link_->done_to[name] : r.outstanding.back().through) + 1;
  }
  ask_outstanding();
}

// What readers answered to an earlier life is lost with it: each says once more how far it is, behind all that it was given.
void feed_state::ask_outstanding() {
  for (auto& [name, r] : link_->readers) {
    if (r.outstanding.empty()) continue;
    auto asked = std::make_shared<persistence::log_head>();
    asked->seq = r.outstanding.back().through;
    tell(self_, r.who, durable_v, std::make_shared<const std::vector<group_ref>>(), durable_ref(std::move(asked)));
  }
}

result<std::uint64_t> feed_state::subscribe(const feed_wish& wish) {
  if (wish.name.empty() || !wish.who) return error(errc::invalid_argument, "a reader of the durable feed has a name and an address");
  if (wish.credit_events == 0 || wish.credit_events > credit_events_max)
    return error(errc::invalid_argument,
                 wish.name + ": credit is for 1 to " + std::to_string(credit_events_max) + " events, not for " + std::to_string(wish.credit_events));
  if (link_->done_to.size() >= readers_max && link_->done_to.count(wish.name) == 0)
    return error(errc::overloaded, "the durable feed keeps the places of " + std::to_string(readers_max) + " readers, and takes no more names");
  const auto head = link_->recent.head().seq;
  if (wish.from_seq && (*wish.from_seq == 0 || *wish.from_seq > head + 1))
    return error(errc::invalid_argument, wish.name + ": reading begins at events 1 to " + std::to_string(head + 1) + ", not " + std::to_string(*wish.from_seq));
  auto& done_to = link_->done_to.try_emplace(wish.name, head).first->second;
  if (wish.from_seq) done_to = *wish.from_seq - 1;
  reader r{persistence::feed_cursor(done_to + 1, wish.wanted), handle_of<durable_reader>(wish.who), wish.credit_events};
  watch(self_, r.who);
  auto& joined = link_->readers.insert_or_assign(wish.name, std::move(r)).first->second;
  const auto from = joined.cursor.next_seq;
  if (serve(wish.name, joined) && !std::exchange(going_on_, true)) tell(self_, self_, durable_v);
  return from;
}

void feed_state::serve() {
  bool more = false;
  for (auto at = link_->readers.begin(); at != link_->readers.end();) {
    auto& [name, r] = *at++;  // one that cannot be served is taken out
    more = serve(name, r) || more;
  }
  settle_promises();
  // Behind what has come meanwhile, so that those who live at the head are not kept waiting by those who catch up.
  if (more && !std::exchange(going_on_, true)) tell(self_, self_, durable_v);
}

// True where it could be given more at once.
bool feed_state::serve(const std::string& name, reader& r) {
  if (r.outstanding_events >= r.credit_events) return false;
  auto batch = link_->recent.take(r.cursor, r.credit_events - r.outstanding_events);
  if (!batch) {
    const auto why = batch.error().within("reading the log for " + name);
    record_of(self_).set_error(why.message);
    spdlog::error("{}", why.message);
    const auto who = pointer_of(r.who);
    gone(weak_of(who));
    exit_now(who, to_caf(why));
    return false;
  }
  const bool at_head = batch->at_head();
  link_->give(name, r, std::move(*batch), feed_protocol(self_), monotonic_now(self_));
  return !at_head && r.outstanding_events < r.credit_events;
}

void feed_state::done(const std::string& name, std::uint64_t seq) {
  const auto place = link_->done_to.find(name);
  if (place == link_->done_to.end()) return;
  place->second = std::max(place->second, std::min(seq, link_->recent.head().seq));
  const auto found = link_->readers.find(name);
  if (found == link_->readers.end()) return;  // it has ended since; what it did is done all the same
  auto& r = found->second;
  for (; !r.outstanding.empty() && r.outstanding.front().last_seq <= seq; r.outstanding.pop_front()) {
    r.outstanding_events -= r.outstanding.front().events;
    place->second = std::max(place->second, r.outstanding.front().through);
  }
  r.returned = monotonic_now(self_);
  if (std::exchange(r.stalled, false)) spdlog::info("{} reads the durable feed again; it is {} events behind", name, lag_of(name));
  if (serve(name, r) && !std::exchange(going_on_, true)) tell(self_, self_, durable_v);
  settle_promises();
}

void feed_state::gone(const weak_actor& who) {
  for (auto at = link_->readers.begin(); at != link_->readers.end(); ++at) {
    if (weak_of(pointer_of(at->second.who)) != who) continue;
    link_->readers.erase(at);
    break;
  }
  settle_promises();
}

// Once per stall. Its scan is let go: an open one holds files of the log.
void feed_state::look_for_stalls() {
  const auto now = monotonic_now(self_);
  for (auto& [name, r] : link_->readers) {
    show_lag(name);
    if (settings_.stall_after.count() == 0 || r.stalled || r.outstanding.empty() || now - r.returned < settings_.stall_after) continue;
    r.stalled = true;
    ++r.stalls;
    r.cursor.stored.reset();
    const auto text = fmt::format("{} has returned nothing of what the durable feed gave it for {} s; it is {} events behind", name,
                                  settings_.stall_after.count(), lag_of(name));
    record_of(self_).set_error(text);
    spdlog::error("{}", text);
  }
}

void feed_state::settle_promises() {
  std::erase_if(settlements_, [this](waiting& w) {
    for (const auto& [name, r] : link_->readers)
      if ((w.name.empty() || w.name == name) && link_->done_to[name] < w.seq) return false;
    w.promise.deliver(w.seq);
    return true;
  });
  link_->awaited = !settlements_.empty();
}

std::uint64_t feed_state::lag_of(const std::string& name) const {
  const auto head = link_->recent.head().seq;
  const auto place = link_->done_to.find(name);
  return place == link_->done_to.end() || place->second > head ? 0 : head - place->second;
}

void feed_state::show_lag(const std::string& name) const {
  if (!settings_.figures) return;
  if (const auto record = settings_.figures->find(name)) record->set_feed_lag(lag_of(name));
}

std::string feed_state::status() const {
  const auto kept = link_->recent.kept();
  nlohmann::json j{{"durable", link_->recent.head().seq},
                   {"memory", {{"from", kept.kept_from}, {"groups", kept.kept_groups}, {"bytes", kept.kept_bytes}}},
                   {"readers", nlohmann::json::array()}};
  for (const auto& [name, done_to] : link_->done_to) {
    nlohmann::json one{{"name", name}, {"done_to", done_to}, {"lag_events", lag_of(name)}, {"connected", link_->readers.count(name) != 0}};
    if (const auto found = link_->readers.find(name); found != link_->readers.end()) {
      const auto& r = found->second;
      one["given_events"] = r.outstanding_events;
      one["credit_events"] = r.credit_events;
      one["catching_up"] = r.cursor.stored != nullptr;
      one["live_from"] = r.cursor.handed_over_at;
      one["stalled"] = r.stalled;
      one["stalls"] = r.stalls;
    }
    j["readers"].push_back(std::move(one));
  }
  return json_bytes(j);
}

}  // namespace tomnext::actors
