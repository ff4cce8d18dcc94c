#include "tests/node_sim/operators.hpp"

#include <nlohmann/json.hpp>

#include "actors/runtime/call.hpp"

namespace tomnext::tests {

std::string operators::command(std::uint64_t which) {
  static constexpr const char* risk[] = {"halt", "resume", "reduce", "resume"};
  static constexpr const char* strategy[] = {"pause", "resume", "flatten", "resume"};
  const bool to_risk = which % 2 == 0;
  const std::string word = to_risk ? risk[which / 2 % 4] : strategy[which / 2 % 4];
  one c;
  c.service = to_risk ? "risk_management" : "strategy_execution";
  c.key = "k" + std::to_string(all_.size() + 1);
  c.text = nlohmann::json{{"command", word}, {"who", "ann"}, {"why", "simulated"}, {"idempotency_key", c.key}}.dump();
  all_.push_back(c);
  return c.service + " " + word;
}

std::string operators::hear(one& c, const log_laws& laws, simulated_life& life) {
  const auto answer = std::exchange(c.asking, nullptr);
  if (answer->value) {
    const auto j = nlohmann::json::parse(*answer->value, nullptr, false);
    const auto seq = j.value("seq", std::uint64_t{0}), durable = j.value("durable_seq", std::uint64_t{0});
    c.seq = seq;
    c.ended = true;
    ++acknowledged_;
    for (const auto& h : j["status"]["hosts"])
      if (h.value("as_of_seq", std::uint64_t{0}) > laws.head())
        return "command " + c.key + " was answered with " + h.value("host", "a host") + " as of event " +
               std::to_string(h.value("as_of_seq", std::uint64_t{0})) + ", which is not durable (law 4)";
    if (laws.command_of(c.key) != seq)
      return "command " + c.key + " was acknowledged as event " + std::to_string(seq) + ", and the durable log has it as " +
             std::to_string(laws.command_of(c.key)) + " (I1)";
    if (durable > laws.head()) return "command " + c.key + " was acknowledged with an outcome that is not durable (law 4)";
    return {};
  }
  // Not taken: an outcome as well, and the command is in the log. Anything else is tried again.
  if (answer->failure->code == errc::illegal_transition) {
    c.ended = true;
    c.seq = laws.command_of(c.key);
    if (c.seq == 0) return "command " + c.key + " was answered as not taken, and the durable log does not have it (I1)";
    return {};
  }
  c.again = life.now() + 200ms;
  return {};
}

std::string operators::step(simulated_life& life, const log_laws& laws) {
  for (auto& c : all_) {
    if (c.ended) continue;
    if (c.asking) {
      if (!c.asking->done()) continue;
      if (auto wrong = hear(c, laws, life); !wrong.empty()) return wrong;
      continue;
    }
    if (life.now() >= c.again) {
      const auto call = begin_call("simulated", life.now() + 20s, {}, urgency::urgent);
      c.asking = life.ask_as<coordinator_protocol, std::string>(c.service + "/coordinator", 20s, command_v, call, c.text);
    }
    if (c.asking && c.asking->done()) {  // nobody is there yet
      c.asking = nullptr;
      c.again = life.now() + 50ms;
    }
  }
  return {};
}

void operators::node_ended() {
  for (auto& c : all_) {
    c.asking = nullptr;
    c.again = {};
  }
}

std::string operators::check(const log_laws& laws) const {
  for (const auto& c : all_)
    if (c.seq != 0 && laws.command_of(c.key) != c.seq) return "command " + c.key + " was acknowledged, and is gone from the log (I1)";
  return {};
}

}  // namespace tomnext::tests
