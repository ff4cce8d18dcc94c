#include "actors/remote/permission.hpp"

#include <algorithm>
#include <utility>

namespace tomnext::remote {

using namespace actors;

namespace {
error denied(const std::string& why) { return {errc::bad_request, why}; }
}  // namespace

permission::permission(std::map<std::string, std::uint32_t> hosts, std::shared_ptr<directory> where)
    : enroll_(method_named(enroll_v, 2)),
      answers_(method_named(answers_v, 1)),
      status_(method_named(status_v, 0)),
      shown_(method_named(shown_v, 2)),
      read_(method_named(read_v, 2)),
      snapshot_read_(method_named(snapshot_v, 1)),
      snapshot_taken_(method_named(snapshot_v, 3)),
      ready_(method_named(ready_v, 1)),
      unready_(method_named(unready_v, 1)),
      names_(std::move(hosts)),
      where_(std::move(where)) {
  for (const auto& [name, id] : names_) ids_.emplace(id, name);
}

result<void> permission::check(const node_link& over, arrival& a) {
  switch (static_cast<known_actor>(a.to)) {
    case known_actor::journal: return to_journal(over, a);
    case known_actor::reader: return to_reader(a);
    case known_actor::keeper:
      if (a.what == snapshot_taken_) return snapshot_of(a.content.get_as<std::uint32_t>(1), a.content.get_as<snapshot_ref>(3));
      break;
    case known_actor::readiness:
      if (a.what == ready_ || a.what == unready_) return speaks_for(a.content.get_as<std::string>(1));
      break;
  }
  // Actors of this side that it was told of since they have sent it something are not for it to send to.
  return denied(message_table()[a.what].name + " is not for hosts to say");
}

result<void> permission::to_journal(const node_link& over, const arrival& a) {
  if (a.what == enroll_) return enrolment_of(over, a);
  if (a.what == answers_) return answers_of(*a.content.get_as<answers_ref>(1));
  if (a.what == status_) return {};
  if (a.what == shown_) {
    const auto host = a.content.get_as<std::uint32_t>(1);
    return host == 0 ? result<void>{} : owns(host);
  }
  return denied(message_table()[a.what].name + " is not for hosts to say to the journal");
}

result<void> permission::to_reader(arrival& a) const {
  auto& m = a.content;
  if (a.what == snapshot_read_) return owns(m.get_as<std::uint32_t>(1));
  if (a.what != read_) return denied(message_table()[a.what].name + " is not for the reader");
  m = message_of(read_v, m.get_as<std::uint64_t>(1), std::min(m.get_as<std::uint64_t>(2), groups_per_read_max));
  return {};
}

result<void> permission::owns(std::uint32_t host) const {
  return ids_.count(host) != 0 ? result<void>{} : denied("host " + std::to_string(host) + " is not placed there");
}

result<void> permission::enrolment_of(const node_link& over, const arrival& a) {
  const auto host = a.content.get_as<std::uint32_t>(1);
  TOMNEXT_TRY(owns(host));
  const auto& who = a.content.get_as<actor_ptr>(2);
  if (who != a.from || !over.is_remote(who)) return denied("a host enrols itself, and nobody else");
  // Whoever asks a host by its name reaches it where it is.
  const auto& name = ids_.at(host);
  if (auto* known = as_address(where_->find(name))) known->bind(who);
  enrolled_[name] = who;
  return {};
}

result<void> permission::answers_of(const answer_batch& b) const {
  TOMNEXT_TRY(owns(b.host.value));
  for (const auto& r : b.reactions)
    for (const auto& e : r.events)
      if (e.head.host != b.host || e.head.incarnation != b.incarnation)
        return denied("an event of host " + std::to_string(e.head.host.value) + " among the answers of host " + std::to_string(b.host.value));
  return {};
}

result<void> permission::snapshot_of(std::uint32_t host, const snapshot_ref& s) const {
  TOMNEXT_TRY(owns(host));
  return s && s->key.host == ids_.at(host) ? result<void>{} : denied("a snapshot of another host");
}

result<void> permission::speaks_for(const std::string& name) const {
  return names_.count(name) != 0 ? result<void>{} : denied("it speaks for '" + name.substr(0, 64) + "', which is not placed there");
}

}  // namespace tomnext::remote
