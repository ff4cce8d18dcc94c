#include "tests/node_sim/message_faults.hpp"

#include <algorithm>
#include <utility>

namespace tomnext::tests {
namespace {

/// Runs nothing: what is sent here goes through the faults to the address behind.
class way final : public caf::monitorable_actor {
 public:
  way(caf::actor_config& config, std::string name, actor_ptr to, message_faults* faults)
      : caf::monitorable_actor(config), name_(std::move(name)), to_(std::move(to)), faults_(faults) {}
  const char* name() const override { return name_.c_str(); }
  using caf::monitorable_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr m, caf::execution_unit* worker) override { faults_->pass(name_, to_, std::move(m), worker); }

 protected:
  void on_destroy() override {
    if (getf(is_cleaned_up_flag)) return;
    cleanup(caf::exit_reason::unreachable, nullptr);
    caf::monitorable_actor::on_destroy();
  }

 private:
  std::string name_;
  actor_ptr to_;
  message_faults* faults_;
};

/// In the place of a host that asks to be registered: hears the answer when it is given, and hands it on.
class hearer final : public caf::monitorable_actor {
 public:
  hearer(caf::actor_config& config, actor_ptr to, std::function<void(const enrolment&)> heard)
      : caf::monitorable_actor(config), to_(std::move(to)), heard_(std::move(heard)) {}
  const char* name() const override { return "hearer"; }
  using caf::monitorable_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr m, caf::execution_unit* worker) override {
    if (m->content().match_elements<enrolment_ref>()) heard_(*m->content().get_as<enrolment_ref>(0));
    to_->enqueue(std::move(m), worker);
  }

 protected:
  void on_destroy() override {
    if (getf(is_cleaned_up_flag)) return;
    cleanup(caf::exit_reason::unreachable, nullptr);
    caf::monitorable_actor::on_destroy();
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
  caf::actor_config config;
  auto between = caf::make_actor<way, actor_ptr>(system.next_actor_id(), system.node(), &system, config, name, known, this);
  as_address(d.address_of(system, name))->bind(std::move(between));
  return known;
}

void message_faults::pass(const std::string& name, const actor_ptr& to, caf::mailbox_element_ptr m, caf::execution_unit* worker) {
  if (m->mid.is_request()) {
    if (lost_requests_.erase(name) != 0) {
      ++lost_;
      return;
    }
    if (lost_answers_.erase(name) != 0) {
      ++lost_;
      m->sender = nullptr;  // nobody hears the answer
    }
  }
  const auto& content = m->content();
  if (m->sender && content.match_elements<enroll_atom, std::uint32_t, actor_ptr>()) {
    const auto host = content.get_as<std::uint32_t>(1);
    if (on_enroll) on_enroll(host);
    auto& system = *m->sender->home_system;
    caf::actor_config config;
    m->sender = caf::make_actor<hearer, actor_ptr>(system.next_actor_id(), system.node(), &system, config, m->sender,
                                                   [this, host](const enrolment& e) { on_enrolled(host, e.granted.incarnation); });
  }
  if (content.match_elements<answers_atom, answers_ref>()) {
    auto batch = content.get_as<answers_ref>(1);
    if (is_held_back(to, m)) return;
    if (on_answers) on_answers(*batch);
  }
  to->enqueue(std::move(m), worker);
}

// In the order of one sender, as over a connection: what follows something that is held back waits behind it.
bool message_faults::is_held_back(const actor_ptr& to, caf::mailbox_element_ptr& m) {
  const auto sender = sender_id(*m);
  const auto before = std::find_if(held_.rbegin(), held_.rend(), [&](const held& h) { return h.sender == sender; });
  const auto slow = slow_until_.find(sender);
  auto until = slow == slow_until_.end() ? time_point() : slow->second;
  if (before != held_.rend()) until = std::max(until, before->until);
  else if (now() >= until) return false;
  if (!m->content().get_as<answers_ref>(1)->reactions.empty() && ends_when_held_.erase(sender) != 0) exit_now(m->sender, caf::exit_reason::kill);
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
    if (on_answers) on_answers(*due.message->content().get_as<answers_ref>(1));
    due.to->enqueue(std::move(due.message), nullptr);
  }
}

void message_faults::clear() {
  held_.clear();
  for (auto& [name, who] : behind_) as_address(who)->close();
  behind_.clear();
}

}  // namespace tomnext::tests
