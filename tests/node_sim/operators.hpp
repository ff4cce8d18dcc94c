// Operators who command, and repeat a command with its key until they have an answer, over restarts of the node too.
#pragma once
#include <deque>
#include <memory>
#include <string>

#include "tests/node_sim/log_laws.hpp"
#include "tests/node_sim/simulated_life.hpp"

namespace tomnext::tests {

class operators {
 public:
  /// One more command, drawn by these numbers. Its text, for the story.
  std::string command(std::uint64_t which);
  /// Asks, hears, asks again. Empty, or what is wrong with an answer: an acknowledged command is durable, and its outcome too (I1, law 4).
  std::string step(simulated_life& life, const log_laws& laws);
  /// The node is gone, and with it every answer that was on its way.
  void node_ended();
  /// What was acknowledged once is in the log for ever.
  [[nodiscard]] std::string check(const log_laws& laws) const;
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  /// Answers that showed a host as of an event that was not durable yet.

 private:
  struct one {
    std::string service, key, text;
    std::shared_ptr<asked<std::string>> asking;
    simulated_life::time_point again{};
    std::uint64_t seq = 0;  // as acknowledged
    bool ended = false;
  };
  std::string hear(one& c, const log_laws& laws, simulated_life& life);
  std::deque<one> all_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace tomnext::tests
