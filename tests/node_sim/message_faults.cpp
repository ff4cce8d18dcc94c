#include "tests/node_sim/message_faults.hpp"

#include <algorithm>
#include <utility>

namespace tomnext::tests {
namespace {

/// Runs nothing: what is sent here goes through the faults to the address behind.
class way final : public stand_in {
 public:
  way(spawn_config& config, std::string name, actor_ptr to, message_faults* faults) : stand_in(config, std::move(name)), to_(std::move(to)), faults_(faults) {}
  void take(mail_ptr m, worker_ptr worker) override { faults_->pass(own_name(), to_, std::move(m), worker); }

 private:
  actor_ptr to_;
  message_faults* faults_;
};

/// In the place of a host that asks to be registered: hears the answer when it is given, and hands it on.
class hearer final : public stand_in {
 public:
  hearer(spawn_config& config, actor_ptr to, std::function<void(const enrolment&)> heard)
      : stand_in(config, "hearer"), to_(std::move(to)), heard_(std::move(heard)) {}
  void take(mail_ptr m, worker_ptr worker) override {
    if (holds<enrolment_ref>(*m)) heard_(*part_of<enrolment_ref>(*m, 0));
    to_->enqueue(std::move(m), worker);
  }

 private:
  actor_ptr to_;
  std::function<void(const enrolment&)> heard_;
};

}  // namespace

actor_ptr message_faults::behind(actor_system& system, directory& d, const std::string& name) {
  auto& known = behind_[name];
  if (known) return known;
  known = make_address(system, name, directory::backlog_max);
  auto between = make_stand_in<way>(system, name, known, this);
  as_address(d.address_of(system, name))->bind(std::move(between));
  return known;
}

void message_faults::pass(const std::string& name, const actor_ptr& to, mail_ptr m, worker_ptr worker) {
  if (is_request(*m)) {
    if (lost_requests_.erase(name) != 0) {
      ++lost_;
      return;
    }
    if (lost_answers_.erase(name) != 0) {
      ++lost_;
      m->sender = nullptr;  // nobody hears the answer
    }
  }
  if (m->sender && holds<enroll_atom, std::uint32_t, actor_ptr>(*m)) {
    const auto host = part_of<std::uint32_t>(*m, 1);
    if (on_enroll) on_enroll(host);
    auto& system = *m->sender->home_system;
    m->sender = make_stand_in<hearer>(system, m->sender, [this, host](const enrolment& e) { on_enrolled(host, e.granted.incarnation); });
  }
  if (holds<answers_atom, answers_ref>(*m)) {
    auto batch = part_of<answers_ref>(*m, 1);
    if (is_held_back(to, m)) return;
    if (on_answers) on_answers(*batch);
  }
  to->enqueue(std::move(m), worker);
}

// In the order of one sender, as over a connection: what follows something that is held back waits behind it.
bool message_faults::is_held_back(const actor_ptr& to, mail_ptr& m) {
  const auto sender = sender_id(*m);
  const auto before = std::find_if(held_.rbegin(), held_.rend(), [&](const held& h) { return h.sender == sender; });
  const auto slow = slow_until_.find(sender);
  auto until = slow == slow_until_.end() ? time_point() : slow->second;
  if (before != held_.rend()) until = std::max(until, before->until);
  else if (now() >= until) return false;
  if (!part_of<answers_ref>(*m, 1)->reactions.empty() && ends_when_held_.erase(sender) != 0) exit_now(m->sender, exit_reason::kill);
  held_.push_back({sender, until, to, std::move(m)});
  return true;
}

void message_faults::release(time_point t) {
  for (auto at = held_.begin(); at != held_.end();) {
    if (at->until > t) {
      ++at;
      continue;
    }
    auto due = std::move(*at);
    at = held_.erase(at);
    if (on_answers) on_answers(*part_of<answers_ref>(*due.message, 1));
    due.to->enqueue(std::move(due.message), nullptr);
  }
}

void message_faults::clear() {
  held_.clear();
  for (auto& [name, who] : behind_) as_address(who)->close();
  behind_.clear();
}

}  // namespace tomnext::tests
