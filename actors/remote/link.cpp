// raw clock in this file: deadlines that are told to another process are counted on the machine's clock, which both ends share with their endpoint.
//
// A message: length u32 · what u8 · the rest. Numbers of actors are the sender's, doubled; odd ones are the receiver's own.
//   1 tell     to · from · urgent · method · content
//   2 request  to · from · urgent · method · number · content
//   3 answer   number · values          4 failure  number · error
//   5 end      to · error: the actor shall end          6 gone  number · error: the actor has ended
#include "actors/remote/link.hpp"

#include <utility>

#include "persistence/bytes.hpp"

namespace tomnext::remote {

using namespace actors;

namespace {

enum what : char { tell_kind = 1, request_kind = 2, answer_kind = 3, failure_kind = 4, end_kind = 5, gone_kind = 6 };
constexpr std::size_t length_bytes = 4;

error misbehaved(const std::string& why) { return {errc::bad_request, why}; }
error link_lost(const std::string& peer, const error& why) { return {errc::actor_down, "the link with " + peer + " has ended: " + why.message}; }

}  // namespace

/// Somebody on the other side: what is sent here is encoded by the sender itself.
class remote_actor final : public stand_in {
 public:
  remote_actor(spawn_config& config, std::weak_ptr<node_link> over, std::uint64_t number)
      : stand_in(config, "remote"), link_(std::move(over)), number_(number) {}
  void take(mail_ptr m, worker_ptr worker) override {
    if (const auto l = link_.lock()) return l->forward(number_, *m, worker);
    refuse(*m, to_caf({errc::actor_down, "its link has ended"}), worker);
  }
  void end_with(const error& why) { end(to_caf(why)); }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool is_of(const std::weak_ptr<const node_link>& l) const { return !link_.owner_before(l) && !l.owner_before(link_); }

 private:
  const std::weak_ptr<node_link> link_;
  const std::uint64_t number_;
};

/// number_of is called with the link's lock held, actor_of without.
class node_link::references final : public passport {
 public:
  explicit references(node_link& l) : link_(l) {}
  std::uint64_t number_of(const actor_ptr& who) override {
    if (!who) return 0;
    if (const auto* r = stand_in_behind<remote_actor>(who); r != nullptr && r->is_of(link_.weak_from_this())) return r->number() << 1 | 1;
    auto [at, fresh] = link_.numbers_.try_emplace(who->id(), link_.next_number_);
    if (fresh) {
      ++link_.next_number_;
      link_.ours_.emplace(at->second, who);
      named->push_back(who);
      if (link_.ours_.size() > link_.settings_.actors_max + link_.settings_.offered.size())
        link_.broken_ = error(errc::overloaded, "more than " + std::to_string(link_.settings_.actors_max) + " actors of this side are known to the peer");
    }
    return at->second << 1;
  }
  actor_ptr actor_of(std::uint64_t number) override {
    const std::scoped_lock lock(link_.mutex_);
    if ((number & 1) == 0) return link_.imported(number >> 1);
    const auto found = link_.ours_.find(number >> 1);
    return found == link_.ours_.end() ? actor_ptr() : found->second;
  }
  [[nodiscard]] steady_time now() const override { return std::chrono::steady_clock::now(); }
  named_actors* named = nullptr;  // where those that got a number are noted

 private:
  node_link& link_;
};

node_link::node_link(link_settings settings, std::function<void()> wake)
    : settings_(std::move(settings)), wake_(std::move(wake)), references_(std::make_unique<references>(*this)) {
  for (const auto& [known, who] : settings_.offered) {
    ours_.emplace(static_cast<std::uint64_t>(known), who);
    numbers_.emplace(who->id(), static_cast<std::uint64_t>(known));
  }
}
node_link::~node_link() = default;

actor_ptr node_link::known(known_actor who) {
  const std::scoped_lock lock(mutex_);
  return imported(static_cast<std::uint64_t>(who));
}

bool node_link::is_remote(const actor_ptr& who) const {
  const auto* r = who ? stand_in_behind<remote_actor>(who) : nullptr;
  return r != nullptr && r->is_of(weak_from_this());
}

actor_ptr node_link::imported(std::uint64_t number) {
  if (number == 0 || closed_) return nullptr;
  const auto found = theirs_.find(number);
  if (found != theirs_.end()) return found->second;
  if (theirs_.size() >= settings_.actors_max) return nullptr;
  auto made = make_stand_in<remote_actor>(*settings_.system, weak_from_this(), number);
  return theirs_.emplace(number, std::move(made)).first->second;
}

// ---- to the peer -----------------------------------------------------------------------------------

std::optional<error> node_link::queue(std::string_view message, std::uint64_t groups) {
  if (closed_) return error(errc::actor_down, "the link with " + settings_.peer + " has ended");
  if (message.size() > message_bytes_max)
    return error(errc::overloaded, "a message of " + std::to_string(message.size()) + " bytes, where " + std::to_string(message_bytes_max) + " go across");
  for (std::uint64_t i = 0; i < groups; ++i) group_marks_.push_back(taken_bytes_ + outbox_.size());
  persistence::put_number(outbox_, static_cast<std::uint32_t>(message.size()));
  outbox_ += message;
  return std::nullopt;
}

void node_link::forward(std::uint64_t to, mail& m, worker_ptr worker) {
  std::optional<error> failed;
  named_actors named;
  {
    const std::scoped_lock lock(mutex_);
    references_->named = &named;
    if (is_answer(m)) {
      put_answer(tag_of(m), parts_in(m), named);
    } else if (is_system_message(m)) {
      if (holds<exit_notice>(m)) put_order(end_kind, to << 1 | 1, from_caf(part_of<exit_notice>(m, 0).reason));
    } else {
      failed = put_message(to, m, named);
    }
    references_->named = nullptr;
  }
  if (failed) refuse(m, to_caf(*failed), worker);
  watch(named);
  wake_();
}

std::optional<error> node_link::put_message(std::uint64_t to, mail& m, named_actors&) {
  const auto method = method_of(parts_in(m));
  if (!method) {
    broken_ = error(errc::invalid_argument, "a message was sent to " + settings_.peer + " that cannot leave its process");
    return broken_;
  }
  const bool request = is_request(m);
  // Where there is no room nothing is lost in silence: who asks is told, and what is no request ends the connection.
  if (outbox_.size() > settings_.outbox_bytes_max || (request && asked_.size() >= settings_.requests_max)) {
    error why(errc::overloaded, settings_.peer + " does not keep up: " + std::to_string(outbox_.size()) + " bytes and " + std::to_string(asked_.size()) +
                                    " requests wait for it");
    if (!request) broken_ = why;
    return why;
  }
  const auto before = references_->last_written;
  thread_local std::string bytes;
  bytes.assign(1, request ? request_kind : tell_kind);
  content_writer w{bytes, *references_};
  put(w, to << 1 | 1);
  put(w, references_->number_of(m.sender));
  put(w, is_urgent(m));
  put(w, std::uint64_t{*method});
  if (request) put(w, next_request_);
  message_table()[*method].put(w, parts_in(m));
  if (auto failed = queue(bytes, w.groups)) {
    references_->last_written = before;
    if (!request && !closed_) broken_ = failed;
    return failed;
  }
  if (request) asked_.emplace(next_request_++, asked{m.sender, tag_of(m), *method, references_->now()});
  return std::nullopt;
}

void node_link::put_answer(message_tag id, const message_parts& content, named_actors&) {
  const auto request = request_number(id);
  const auto found = answering_.find(request);
  if (found == answering_.end()) return;
  const auto method = found->second;
  answering_.erase(found);
  if (const auto why = error_in(content)) return put_failure(request, *why);
  const auto before = references_->last_written;
  std::string bytes(1, answer_kind);
  content_writer w{bytes, *references_};
  put(w, request);
  const bool good = message_table()[method].put_answer(w, content);
  const auto failed =
      good ? queue(bytes, w.groups) : error(errc::invalid_argument, "it was answered with what is no answer to " + message_table()[method].name);
  if (!failed) return;
  references_->last_written = before;
  put_failure(request, *failed);
}

void node_link::put_failure(std::uint64_t request, const error& why) {
  std::string bytes(1, failure_kind);
  content_writer w{bytes, *references_};
  put(w, request);
  put(w, why);
  (void)queue(bytes, 0);
}

void node_link::put_order(char kind, std::uint64_t number, const error& why) {
  std::string bytes(1, kind);
  content_writer w{bytes, *references_};
  put(w, number);
  put(w, why);
  (void)queue(bytes, 0);
}

// Outside of the lock: an actor that is down already says so at once.
void node_link::watch(const named_actors& named) {
  for (const auto& who : named)
    when_down(who, [over = weak_from_this(), id = who->id()](const actor_error& why) {
      if (const auto l = over.lock()) l->gone(id, {errc::actor_down, reason_text(why)});
    });
}

void node_link::gone(std::uint64_t id, const error& why) {
  actor_ptr let_go;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = numbers_.find(id);
    if (closed_ || found == numbers_.end()) return;
    const auto number = found->second;
    numbers_.erase(found);
    const auto at = ours_.find(number);
    if (at != ours_.end()) {
      let_go = std::move(at->second);
      ours_.erase(at);
    }
    put_order(gone_kind, number << 1, why);
  }
  wake_();
}

std::string node_link::take(std::size_t most, std::uint64_t& groups) {
  const std::scoped_lock lock(mutex_);
  auto piece = outbox_.substr(0, most);
  outbox_.erase(0, piece.size());
  taken_bytes_ += piece.size();
  groups = 0;
  for (; !group_marks_.empty() && group_marks_.front() < taken_bytes_; group_marks_.pop_front()) ++groups;
  return piece;
}

result<void> node_link::check(steady_time now) {
  std::vector<std::pair<actor_ptr, message_tag>> too_old;
  {
    const std::scoped_lock lock(mutex_);
    if (broken_) return *broken_;
    if (now - looked_at_ < std::chrono::seconds(1)) return {};
    looked_at_ = now;
    // Its place is kept: the answer may come yet, and is read then, for what it says may be referred to later.
    for (auto& [number, a] : asked_)
      if (a.who && now - a.since >= settings_.request_max) too_old.emplace_back(std::move(a.who), a.id);
  }
  for (const auto& [who, id] : too_old) put_failure_mail(who, id, {errc::timed_out, settings_.peer + " has not answered"});
  return {};
}

void node_link::closed(const error& why) {
  decltype(asked_) asked;
  decltype(theirs_) theirs;
  decltype(ours_) ours;
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(closed_, true)) return;
    asked.swap(asked_);
    theirs.swap(theirs_);
    ours.swap(ours_);
    numbers_.clear();
    answering_.clear();
    outbox_.clear();
    group_marks_.clear();
  }
  const auto lost = link_lost(settings_.peer, why);
  for (auto& [number, a] : asked)
    if (a.who) put_failure_mail(a.who, a.id, lost);
  for (auto& [number, who] : theirs)
    if (auto* r = stand_in_behind<remote_actor>(who)) r->end_with(lost);
  if (settings_.closed) settings_.closed(lost);
}

// ---- from the peer ---------------------------------------------------------------------------------

result<void> node_link::received(std::string_view piece) {
  inbox_ += piece;
  std::string_view left = inbox_;
  while (left.size() >= length_bytes) {
    persistence::byte_reader r{left};
    const auto length = r.number<std::uint32_t>();
    if (length == 0 || length > message_bytes_max) return misbehaved("a message of " + std::to_string(length) + " bytes");
    if (left.size() - length_bytes < length) break;
    TOMNEXT_TRY(handle(left.substr(length_bytes, length)));
    left.remove_prefix(length_bytes + length);
  }
  inbox_.erase(0, inbox_.size() - left.size());
  return {};
}

result<void> node_link::handle(std::string_view message) {
  content_reader r{message.substr(1), *references_};
  result<void> outcome;
  switch (message.front()) {
    case tell_kind: outcome = handle_message(r, false); break;
    case request_kind: outcome = handle_message(r, true); break;
    case answer_kind: outcome = handle_answer(r, false); break;
    case failure_kind: outcome = handle_answer(r, true); break;
    case end_kind: outcome = handle_end(r); break;
    case gone_kind: outcome = handle_gone(r); break;
    default: return misbehaved("a message of an unknown kind");
  }
  return outcome && !r.good() ? misbehaved("a message cannot be read: " + r.wrong) : outcome;
}

result<void> node_link::handle_message(content_reader& r, bool request) {
  std::uint64_t to = 0, sender = 0, kind = 0, number = 0;
  bool urgent = false;
  if (!get(r, to) || !get(r, sender) || !get(r, urgent) || !get(r, kind) || (request && !get(r, number))) return misbehaved(r.wrong);
  const auto& table = message_table();
  if (kind >= table.size()) return misbehaved("a message of number " + std::to_string(kind) + ", of which there are " + std::to_string(table.size()));
  const auto& k = table[kind];
  if ((to & 1) == 0) return misbehaved(k.name + " is for an actor of its own");
  if ((sender & 1) != 0) return misbehaved(k.name + " is said to come from an actor of this side");
  const auto from = sender == 0 ? actor_ptr() : references_->actor_of(sender);
  // The answer of a plain message would come back as an ordinary one; that of nobody's request would go nowhere.
  if (request ? !from || number == 0 || number > request_number_max : k.is_request) return misbehaved(k.name + " is not sent so");
  message_value content;
  if (!k.get(r, content)) return misbehaved(k.name + ": " + r.wrong);
  arrival a{to >> 1, static_cast<method>(kind), content, from};
  if (settings_.allow) TOMNEXT_TRY(settings_.allow(*this, a));
  actor_ptr who;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = ours_.find(to >> 1);
    if (found != ours_.end()) who = found->second;
    // One that has ended meanwhile is no misconduct.
    else if (to >> 1 >= next_number_ || to >> 1 < first_named_actor)
      return misbehaved(k.name + " is for actor " + std::to_string(to >> 1) + ", which is nobody");
    if (request) {
      if (!who) put_failure(number, {errc::actor_down, "the actor that was asked is gone"});
      else if (answering_.size() >= settings_.requests_max) put_failure(number, {errc::overloaded, "too many requests of one peer are not answered"});
      else if (!answering_.emplace(number, static_cast<method>(kind)).second) return misbehaved("two requests of number " + std::to_string(number));
      if (answering_.count(number) == 0) who = nullptr;
    }
  }
  if (!who) return {};
  put_mail(who, from, number, urgent, std::move(content));
  return {};
}

result<void> node_link::handle_answer(content_reader& r, bool failed) {
  std::uint64_t number = 0;
  if (!get(r, number)) return misbehaved(r.wrong);
  asked a;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = asked_.find(number);
    if (found == asked_.end()) return misbehaved("an answer to request " + std::to_string(number) + ", which was not made, or is answered already");
    a = std::move(found->second);
    asked_.erase(found);
  }
  if (failed) {
    error why;
    if (!get(r, why)) return misbehaved(r.wrong);
    if (a.who) put_failure_mail(a.who, a.id, why);
    return {};
  }
  message_value content;
  if (!message_table()[a.what].get_answer(r, content)) {
    if (a.who) put_failure_mail(a.who, a.id, {errc::decode_failed, r.wrong});
    return misbehaved("the answer to " + message_table()[a.what].name + ": " + r.wrong);
  }
  if (a.who) put_answer_mail(a.who, a.id, std::move(content));
  return {};
}

result<void> node_link::handle_end(content_reader& r) {
  std::uint64_t to = 0;
  error why;
  if (!get(r, to) || !get(r, why)) return misbehaved(r.wrong);
  if (!settings_.may_end_ours || (to & 1) == 0 || to >> 1 < first_named_actor) return misbehaved("it may end no actor of this side");
  actor_ptr who;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = ours_.find(to >> 1);
    if (found != ours_.end()) who = found->second;
  }
  exit_now(who, to_caf(why));
  return {};
}

result<void> node_link::handle_gone(content_reader& r) {
  std::uint64_t number = 0;
  error why;
  if (!get(r, number) || !get(r, why)) return misbehaved(r.wrong);
  if ((number & 1) != 0) return misbehaved("it tells of the end of an actor that is not its own");
  actor_ptr who;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = theirs_.find(number >> 1);
    if (found == theirs_.end()) return {};
    who = std::move(found->second);
    theirs_.erase(found);
  }
  if (auto* p = stand_in_behind<remote_actor>(who)) p->end_with(why);
  return {};
}

}  // namespace tomnext::remote
