#include "actors/app/tool.hpp"

#include <sstream>

#include "actors/app/commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/texts.hpp"

using namespace tomnext;
using namespace tomnext::app;
using tests::has_text;

namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}


// Calls check(path, command) for every command and part of one.
template <class Check> void each(const std::vector<command>& commands, std::vector<std::string> path, Check check) {
  for (const auto& c : commands) {
    auto here = path;
    here.emplace_back(c.name);
    check(here, c);
    each(c.parts, here, check);
  }
}

}  // namespace

TEST_CASE("every command's help has an example, and the example's command line parses") {
  std::size_t seen = 0;
  each(all_commands(), {}, [&](std::vector<std::string> path, const command& c) {
    ++seen;
    INFO(c.example);
    auto words = split(c.example);
    REQUIRE(words.size() > path.size());
    CHECK(words[0] == "tomnext");
    words.erase(words.begin());
    // The example is of this command, or of one of its parts.
    for (std::size_t i = 0; i < path.size(); ++i) CHECK(words[i] == path[i]);
    const auto line = parse(words, all_commands());
    INFO(line.text);
    CHECK(line.code == exit_code::ok);
    CHECK(line.run);
    path.emplace_back("--help");
    const auto help = parse(path, all_commands());
    CHECK(help.code == exit_code::ok);
    CHECK_FALSE(help.run);
    CHECK(has_text(help.text, std::string("Example: ") + c.example));
    CHECK(has_text(help.text, "--json"));
    CHECK(has_text(help.text, c.description));
  });
  CHECK(seen >= 10);
}

TEST_CASE("the help of the whole names commands and exit codes") {
  const auto help = parse({"--help"}, all_commands()).text;
  for (const auto& c : all_commands()) CHECK(has_text(help, c.name));
  for (const char* code : {"  0 ", "  2 ", "  3 ", "  4 ", "  5 ", "  6 ", "  7 ", "  8 ", "130 "}) CHECK(has_text(help, code));
  const auto line = parse({"--version"}, all_commands());
  CHECK(line.text == "tomnext " + version() + "\n");
  CHECK(version().size() >= 5);
}

TEST_CASE("what is no command line is refused with what is allowed") {
  struct wrong {
    std::vector<std::string> arguments;
    std::string what, allowed;
  };
  const std::vector<wrong> all{
      {{}, "a command is missing", "backtest"},
      {{"backtset"}, "unknown command 'backtset'", "import, bars, backtest, sweep, check-strategy, report, run, replay"},
      {{"log"}, "a command is missing", "commands of 'tomnext log': stats, cat"},
      {{"log", "look"}, "unknown command 'look'", "commands of 'tomnext log': stats, cat"},
      {{"--frob"}, "unknown option '--frob'", "commands of 'tomnext'"},
      {{"backtest", "a.yaml", "--sett", "a=1"}, "unknown option '--sett'", "'tomnext backtest' takes: --help, --json, CONFIG, --set, --log"},
      {{"backtest", "a.yaml", "b.yaml"}, "unknown argument 'b.yaml'", "CONFIG"},
      {{"backtest"}, "CONFIG is required", "'tomnext backtest' takes"},
      {{"log", "cat", "x", "--from", "zero"}, "zero", "--from"},
      {{"log", "cat", "x", "--from", "0"}, "--from", "--to"},
      {{"import", "a", "b", "--format", "fxcm-m5", "--instrument", "GBP/USD", "--log", "x"}, "fxcm-m5", "fxcm-m1"},
      {{"import", "a", "b", "--format", "fxcm-m1", "--instrument", "GBP/USD"}, "--log is required", "--format"},
  };
  for (const auto& w : all) {
    const auto line = parse(w.arguments, all_commands());
    INFO(line.text);
    CHECK(line.code == exit_code::usage);
    CHECK_FALSE(line.run);
    CHECK(has_text(line.text, w.what));
    CHECK(has_text(line.text, w.allowed));
    CHECK(has_text(line.text, "--help"));
  }
}

TEST_CASE("an error is printed once; with --json as an object too") {
  const std::vector<command> commands{
      {"fail", "fails", "tomnext fail",
       [](CLI::App&) -> action { return [](session&) -> result<exit_code> { return error(errc::log_corrupt, "group \"7\" is bad"); }; }},
      {"throw", "throws", "tomnext throw", [](CLI::App&) -> action { return [](session&) -> result<exit_code> { throw std::runtime_error("no memory"); }; }}};
  std::ostringstream out, err;
  CHECK(run_tool({"fail"}, commands, out, err) == 5);
  CHECK(out.str().empty());
  CHECK(err.str() == "tomnext: group \"7\" is bad\n");
  std::ostringstream json_out, json_err;
  CHECK(run_tool({"fail", "--json"}, commands, json_out, json_err) == 5);
  CHECK(json_out.str() == R"({"error":{"code":501,"exit_code":5,"message":"group \"7\" is bad"}})"
                          "\n");
  CHECK(json_err.str() == err.str());
  CHECK(run_tool({"throw"}, commands, out, err) == 8);
  CHECK(has_text(err.str(), "unexpected: no memory"));
}

TEST_CASE("results that cannot be written are an error") {
  const std::vector<command> commands{{"say", "says", "tomnext say", [](CLI::App&) -> action {
                                         return [](session& s) -> result<exit_code> {
                                           s.out << "x";
                                           return exit_code::ok;
                                         };
                                       }}};
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  CHECK(run_tool({"say"}, commands, out, err) == 5);
  CHECK(has_text(err.str(), "could not be written"));
}
