#include "persistence/key_command.hpp"

#include <signal.h>

#include <fstream>
#include <thread>

#include "persistence/log_keys.hpp"
#include "tests/persistence/given_keys.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using std::chrono::milliseconds, std::chrono::seconds, std::chrono::steady_clock;
using tests::key_line, tests::must;

namespace {

std::string refused(const std::string& command, milliseconds deadline = seconds(30)) {
  secret_text out;
  const auto r = output_of(command, deadline, 1000, out);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::log_key);
  return r.error().message;
}

/// A process that was sent a signal has gone when it runs again; whoever inherits it may leave a zombie of it.
bool ends(pid_t process) {
  for (const auto until = steady_clock::now() + seconds(60); steady_clock::now() < until; std::this_thread::yield()) {
    std::string state = "gone", line;
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    while (std::getline(status, line))
      if (line.starts_with("State:")) state = line;
    if (state == "gone" || state.find('Z') != std::string::npos || state.find('X') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("what a command prints are the keys") {
  const tests::temporary_folder folder;
  tests::spill(folder / "keys", key_line(3, 1));
  CHECK(must(key_ring::of_command("cat '" + folder.path() + "/keys'; echo told >&2", seconds(30)))->newest()->id == 3);
  const auto none = key_ring::of_command("true", seconds(30));
  REQUIRE_FALSE(none);
  CHECK(none.error().message.starts_with("the command for the keys: there is no key in it"));
  secret_text out;
  REQUIRE(output_of("printf 'a%.0s' $(seq 1000)", seconds(30), 1000, out));
  CHECK(out.bytes == std::string(1000, 'a'));
  // Nobody asks on a terminal, or reads what was meant for this process.
  REQUIRE(output_of("read -r line || echo none", seconds(30), 1000, out));
  CHECK(out.bytes == "none\n");
}

TEST_CASE("a command that fails, or prints too much, is told") {
  CHECK(refused("exit 3") == "the command for the keys: ended with status 3");
  CHECK(refused("kill -9 $$") == "the command for the keys: was ended by signal 9");
  CHECK(refused("no-such-program-anywhere 2>/dev/null") == "the command for the keys: ended with status 127");
  CHECK(refused("while :; do echo 1 secret; done") == "the command for the keys: prints more than 1000 bytes");
}

TEST_CASE("a command that takes too long is ended at its deadline, with all that it started") {
  const tests::temporary_folder folder;
  // The last one has closed its output and still does not end; the third leaves somebody behind who holds the output open.
  for (const std::string command : {"echo $$ > P; tail -f /dev/null", "echo $$ > P; tail -f /dev/null; echo 1", "tail -f /dev/null & echo $! > P; echo 1",
                                    "echo $$ > P; exec >&-; tail -f /dev/null >/dev/null"}) {
    auto mine = command;
    const auto path = folder / "process";
    mine.replace(mine.find("P;") == std::string::npos ? 0 : mine.find("P;"), 1, path);
    const auto begun = steady_clock::now();
    CHECK(refused(mine, milliseconds(300)) == "the command for the keys: was not done after 0.300 s, and was ended");
    CHECK(steady_clock::now() - begun < seconds(60));
    pid_t process = 0;
    std::ifstream(path) >> process;
    REQUIRE(process > 0);
    CHECK(ends(process));
  }
}
