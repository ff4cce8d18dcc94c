#include "tests/node_sim/shrink.hpp"

#include <algorithm>

namespace tomnext::tests {
namespace {

/// What failed, without the numbers: a smaller plan that fails otherwise is another failure.
std::string kind_of(const std::string& broken) {
  std::string kind;
  for (const char c : broken)
    if (c < '0' || c > '9') kind += c;
  return kind.substr(0, 40);
}

/// Runs variants of one case, within a bound.
class retries {
 public:
  retries(simulated_case c, std::string kind, mutant with, std::uint64_t runs_max)
      : case_(std::move(c)), kind_(std::move(kind)), with_(with), runs_max_(runs_max) {}
  bool fails(const std::vector<fault>& plan) {
    if (runs_ >= runs_max_) return false;
    ++runs_;
    case_.plan = plan;
    const auto broken = simulation(case_, with_).run().broken;
    return !broken.empty() && kind_of(broken) == kind_;
  }
  [[nodiscard]] std::uint64_t runs() const { return runs_; }

 private:
  simulated_case case_;
  std::string kind_;
  mutant with_;
  std::uint64_t runs_max_, runs_ = 0;
};

}  // namespace

// The prefix by halving; then delta debugging: leave out ever smaller parts for as long as it fails without them. Source: Zeller, Hildebrandt, "Simplifying
// and isolating failure-inducing input", 2002.
shrunk shrink(const simulated_case& c, const std::string& broken, mutant with, std::uint64_t runs_max) {
  retries again(c, kind_of(broken), with, runs_max);
  auto plan = c.plan;
  std::size_t good = 0, bad = plan.size();  // a prefix of `bad` fails; whether failing grows with the prefix is not sure, so each is tried
  if (again.fails({})) bad = 0;
  while (bad > 0 && good + 1 < bad) {
    const auto middle = (good + bad) / 2;
    (again.fails({plan.begin(), plan.begin() + static_cast<std::ptrdiff_t>(middle)}) ? bad : good) = middle;
  }
  plan.resize(bad);
  shrunk s;
  s.prefix = bad;
  for (std::size_t parts = 2; plan.size() > 1 && parts <= plan.size();) {
    const auto size = (plan.size() + parts - 1) / parts;
    bool smaller = false;
    for (std::size_t begin = 0; begin < plan.size() && !smaller; begin += size) {
      auto rest = plan;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(begin), rest.begin() + static_cast<std::ptrdiff_t>(std::min(begin + size, rest.size())));
      if (!again.fails(rest)) continue;
      plan = std::move(rest);
      smaller = true;
    }
    if (smaller) parts = std::max<std::size_t>(2, parts - 1);
    else if (parts == plan.size()) break;
    else parts = std::min(plan.size(), parts * 2);
  }
  s.smallest = c;
  s.smallest.plan = plan;
  s.what = simulation(s.smallest, with).run();
  s.runs = again.runs();
  return s;
}

std::string report_of(const simulated_case& c, const verdict& v, mutant with) {
  std::string all = "seed " + std::to_string(c.seed) + ", deployment " + std::to_string(c.variant) + (c.lockstep ? ", lockstep" : ", order of arrival") +
                    (c.commands ? ", with commands" : "") + ", mutant: " + word_of(with) + "\n" + v.broken + "\nits story:";
  for (const auto& line : v.story) all += "\n  " + line;
  const auto s = shrink(c, v.broken, with);
  all += "\nthe first " + std::to_string(s.prefix) + " of " + std::to_string(c.plan.size()) +
         " faults are enough; of these so many: " + std::to_string(s.smallest.plan.size()) + " (" + std::to_string(s.runs) + " runs)";
  for (const auto& f : s.smallest.plan) all += "\n  " + to_string(f);
  all += "\n" + s.what.broken;
  for (const auto& line : s.what.story) all += "\n  " + line;
  return all;
}

}  // namespace tomnext::tests
