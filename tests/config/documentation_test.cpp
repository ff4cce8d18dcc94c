// README.md lists every key, and nothing but keys.
#include <fstream>
#include <set>

#include "tests/config/load_helper.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

struct documented_key {
  std::string path, example;
};

std::string between(const std::string& cell, char mark) {
  const auto first = cell.find(mark), last = cell.rfind(mark);
  return first == last ? "" : cell.substr(first + 1, last - first - 1);
}

std::vector<documented_key> documented_keys() {
  std::ifstream in(TOMNEXT_SOURCE_DIR "/config/README.md");
  std::vector<documented_key> all;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::stringstream split(line);
    for (std::string cell; std::getline(split, cell, '|');) cells.push_back(cell);
    if (cells.size() == 6 && cells[1].find('`') != std::string::npos) all.push_back({between(cells[1], '`'), between(cells[5], '`')});
  }
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from)) text.replace(at, from.size(), to);
  return text;
}

const std::string rest =
    "instruments: {GBP/USD: {}}\naccount: {currency: GBP, balance: 1}\n"
    "strategies: [{kind: ema_cross, instrument: GBP/USD, bars: 5m-mid, size: 1000000, slow: 30}]\n"
    "calendar: {holidays: [{currency: USD, dates: [2012-02-20]}]}\n"
    "research: {features: [{kind: ema, period: 5}]}\nmodels: [{name: m, file: f, instrument: GBP/USD}]\n";
std::string node_with(const std::string& action) {
  return "node: {holidays: [{name: bank, dates: [2026-12-25]}], jobs: [{name: j, schedule: '0 17 * * *', holidays: [bank], action: " + action + "}]}\n";
}
// The three kinds of source take different keys, and so do the actions of jobs and two ways of financing.
const std::vector<std::string> files{"data: [{format: fxcm-m1, bid: b, ask: a, instrument: GBP/USD}]\n" + rest + node_with("log_backup, target: t"),
                                     "data: [{format: lean-tick, files: [z], instrument: GBP/USD}]\n" + rest + node_with("log_scrub"),
                                     "data: [{log: l}]\n" + rest + node_with("snapshot_hosts"),
                                     "data: [{log: l}]\nportfolio: {financing: differential, interest_rates: r}\n" + rest};

}  // namespace

TEST_CASE("every documented key is accepted with its example") {
  const auto keys = documented_keys();
  REQUIRE(keys.size() > 50);
  for (const auto& k : keys) {
    INFO(k.path << " = " << k.example);
    CHECK_FALSE(k.example.empty());
    const auto path = replaced(replaced(k.path, "[]", ".0"), "PAIR", "GBP/USD");
    std::string said;
    bool accepted = false;
    for (const auto& f : files) {
      const auto refused = refusal(f, {path + "=" + k.example});
      accepted = accepted || refused.empty();
      said += refused + "\n";
    }
    INFO(said);
    CHECK(accepted);
  }
}

TEST_CASE("every key that a reader takes is documented") {
  std::set<std::string> documented;
  for (const auto& k : documented_keys()) documented.insert(k.path);
  for (const char* section :
       {"bars", "quality", "account", "venue", "risk", "monitoring", "node", "node.storage", "research", "data.0", "instruments.GBP/USD", "research.features.0",
        "models.0", "strategies.0", "node.holidays.0", "node.jobs.0", "portfolio", "calendar", "calendar.holidays.0"}) {
    const std::string documented_section = replaced(replaced(section, ".0", "[]"), "GBP/USD", "PAIR");
    for (const auto& f : files) {
      auto message = refusal(f, {std::string(section) + ".zzz=1"});
      INFO(message);
      REQUIRE(has_text(message, "unknown key"));
      message = replaced(replaced(message, " (parameters of ema_cross), and for every strategy:", ","), "allowed: ", "allowed here: ");
      std::stringstream allowed(message.substr(message.find("allowed here: ") + 14));
      std::size_t keys = 0;
      for (std::string key; std::getline(allowed, key, ',');) {
        const auto path = documented_section + "." + replaced(key, " ", "");
        // A list or a section of its own is documented by what lies inside.
        const auto has_parts = [&](const std::string& prefix) {
          const auto first = documented.lower_bound(prefix);
          return first != documented.end() && first->starts_with(prefix);
        };
        const bool section_of_others = has_parts(path + "[]") || has_parts(path + ".");
        INFO(path);
        CHECK((documented.count(path) == 1 || section_of_others));
        ++keys;
      }
      CHECK(keys > 0);
    }
  }
  const auto top = refusal(files[0], {"zzz=1"});
  for (const char* section : {"data", "bars", "quality", "instruments", "account", "venue", "strategies", "research", "models", "risk", "monitoring", "node",
                              "portfolio", "calendar"})
    CHECK(has_text(top, section));
  CHECK(std::count(top.begin(), top.end(), ',') == 13);
}
