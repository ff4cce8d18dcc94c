// What befalls messages on their way to an address: requests and their answers get lost, and a host's answers to the journal take their time.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "actors/protocols.hpp"
#include "actors/runtime/directory.hpp"

namespace tomnext::tests {
using namespace tomnext::actors;

/// Stands between the address of a name, which everybody knows, and the one that its supervisor binds to each life.
class message_faults {
 public:
  using time_point = actor_time;
  /// Sees, and may change, each batch of answers to the journal; for mutants.
  std::function<void(answer_batch&)> on_answers;
  std::function<void(std::uint32_t host)> on_enroll;
  /// The journal has registered a new life of this host: from here on it takes nothing of earlier ones.
  std::function<void(std::uint32_t host, std::uint32_t incarnation)> on_enrolled;
  std::function<time_point()> now;

  /// The address that a supervisor binds instead; from here on what is sent to `name` comes this way.
  actor_ptr behind(actor_system& system, directory& d, const std::string& name);
  /// The next request to this name: it never arrives, or its answer does not.
  void lose_request(const std::string& name) { lost_requests_.insert(name); }
  void lose_answer(const std::string& name) { lost_answers_.insert(name); }
  /// What this life of a host tells the journal is on its way for so long, in order. The next life has a link of its own.
  void slow_link(actor_id life, time_point until) { slow_until_[life] = until; }
  /// The same, and this life ends as soon as it has said something: that arrives when the next life may be there already.
  void late_words(actor_id life, time_point until) {
    slow_link(life, until);
    ends_when_held_.insert(life);
  }
  /// Delivers what was held back and is due.
  void release(time_point now);
  [[nodiscard]] bool holds_any() const { return !held_.empty(); }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  void clear();

  // ---- of the addresses ----
  void pass(const std::string& name, const actor_ptr& to, mail_ptr m, worker_ptr worker);

 private:
  struct held {
    std::uint64_t sender;
    time_point until;
    actor_ptr to;
    mail_ptr message;
  };
  bool is_held_back(const actor_ptr& to, mail_ptr& m);

  std::set<std::string> lost_requests_, lost_answers_;
  std::map<actor_id, time_point> slow_until_;  // by who sends
  std::set<actor_id> ends_when_held_;
  std::deque<held> held_;
  std::map<std::string, actor_ptr> behind_;
  std::uint64_t lost_ = 0;
};

}  // namespace tomnext::tests
