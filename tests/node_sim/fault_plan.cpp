#include "tests/node_sim/fault_plan.hpp"

#include <algorithm>

#include "tests/node_sim/deployments.hpp"

namespace tomnext::tests {

const char* word_of(fault_kind k) {
  switch (k) {
    case fault_kind::kill: return "kill";
    case fault_kind::crash: return "crash";
    case fault_kind::stop: return "stop";
    case fault_kind::stall: return "stall";
    case fault_kind::lose_request: return "lose request";
    case fault_kind::lose_answer: return "lose answer";
    case fault_kind::slow_link: return "slow link";
    case fault_kind::late_words: return "late words";
    case fault_kind::slow_log: return "slow log";
    case fault_kind::full_log: return "full log";
    case fault_kind::io_error: return "i/o error";
    case fault_kind::read_error: return "read error";
    case fault_kind::jump: return "clock jump";
    case fault_kind::poison: return "poison";
    case fault_kind::command: return "command";
    case fault_kind::source_broken: return "source broken";
  }
  return "?";
}

std::string to_string(const fault& f) {
  return "step " + std::to_string(f.at_step) + ": " + word_of(f.kind) + " #" + std::to_string(f.target % 1000) + ", " + std::to_string(f.amount);
}

namespace {

/// Mostly short, at times long: the tail of durations decides what time-outs see.
std::uint64_t some_milliseconds(chance& c) {
  static constexpr std::uint64_t most[] = {5, 50, 500, 5'000, 30'000};
  return 1 + c.below(most[c.below(5)]);
}

fault_kind some_kind(chance& c, bool commands) {
  // Kills and crashes are what recovery is about: they come most often.
  if (commands && c.once_in(3)) return fault_kind::command;
  const auto n = c.below(27);
  if (n < 8) return fault_kind::kill;
  if (n < 11) return fault_kind::crash;
  static constexpr fault_kind others[] = {fault_kind::stop,        fault_kind::stall,      fault_kind::stall,      fault_kind::lose_request,
                                          fault_kind::lose_answer, fault_kind::slow_link,  fault_kind::late_words, fault_kind::late_words,
                                          fault_kind::late_words,  fault_kind::slow_log,   fault_kind::slow_log,   fault_kind::full_log,
                                          fault_kind::io_error,    fault_kind::read_error, fault_kind::jump,       fault_kind::poison};
  if (c.once_in(40)) return fault_kind::source_broken;
  return others[n - 11];
}

}  // namespace

simulated_case case_of(std::uint64_t seed, std::uint64_t steps) {
  chance c(seed * 0x2545F4914F6CDD1DULL + 1);
  simulated_case s;
  s.seed = seed;
  s.variant = c.below(deployments);
  s.lockstep = !c.once_in(3);
  static constexpr double paces[] = {2'000, 20'000, 1'000'000};  // a market of two hours within seconds, or at once
  s.pace = paces[c.below(3)];
  s.commands = c.once_in(2);
  const auto count = c.below(c.once_in(4) ? 25 : 10);
  for (std::uint64_t n = 0; n < count; ++n) {
    fault f;
    f.at_step = c.below(steps);
    f.kind = some_kind(c, s.commands);
    f.target = c.next() >> 16;
    f.amount = f.kind == fault_kind::poison ? 1 + c.below(4) : some_milliseconds(c);
    if (f.kind == fault_kind::late_words) f.amount += 100;  // longer than a restart takes
    s.plan.push_back(f);
  }
  std::stable_sort(s.plan.begin(), s.plan.end(), [](const fault& a, const fault& b) { return a.at_step < b.at_step; });
  return s;
}

}  // namespace tomnext::tests
