// Where the log meets the world: the venue that effects reach, the clients that send commands, the authority that fires timers.
// The world outlives every crash; the adapters that talk to it do not, and begin again from the durable log.
#pragma once
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "tests/sim/model/journal.hpp"

namespace tomnext::sim {

/// What arrived at the other side, by the identity of the effect.
struct venue {
  std::map<std::uint64_t, std::vector<std::uint64_t>> received;
};

/// Effects leave here: announced by send_started, which is durable before the bytes go.
class effect_adapter {
 public:
  explicit effect_adapter(broken_rule broken) : broken_(broken) {}
  void restart(const journal& j);
  void step(journal& j, venue& v);

 private:
  void send_early(const journal& j, venue& v);

  broken_rule broken_;
  seq_number cursor_ = 0;
  std::set<std::uint64_t> announced_;  // there is a send_started, durable or on its way
  std::set<std::uint64_t> unknown_;    // announced by an earlier life: whether it left must be asked
};

/// Clients repeat a command until they are answered; answers may be lost on the way.
class client_desk {
 public:
  struct command {
    std::uint64_t key;
    int target;
    bool answered = false;
    std::uint64_t result = 0;
  };
  explicit client_desk(broken_rule broken) : broken_(broken) {}
  void restart();
  void request(journal& j, int target, random_source& random);
  void repeat_one(journal& j, random_source& random);
  /// Repeats every command without an answer; false where there is none.
  bool repeat_all(journal& j);
  /// Answers what the feed tells.
  void step(const journal& j, random_source& random);
  [[nodiscard]] const std::vector<command>& commands() const { return commands_; }

 private:
  void send(journal& j, const command& c);
  void answer(std::uint64_t key, std::uint64_t result, random_source& random);

  broken_rule broken_;
  std::vector<command> commands_;  // the clients' own memory
  seq_number cursor_ = 0;
  std::map<std::uint64_t, std::uint64_t> results_;  // of the adapter's life
  std::set<std::uint64_t> keys_seen_;               // only under the reading that keeps them here
};

/// Arms what it reads in the sequenced feed. A firing is a message to the journal: it survives a restart of the authority alone, so a timer may fire twice.
class timer_authority {
 public:
  /// The authority alone begins again from the log.
  void restart();
  /// The node died: what was on its way is gone as well.
  void crash();
  /// Fires any armed timer; false where none is armed.
  bool fire(const journal& j, random_source& random);
  /// One firing reaches the journal; false where none is on its way.
  bool deliver(journal& j);

 private:
  seq_number cursor_ = 0;
  std::map<std::pair<int, unsigned>, event> armed_;  // by host and slot
  std::deque<event> fired_;
};

}  // namespace tomnext::sim
