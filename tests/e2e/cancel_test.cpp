// Ctrl-C ends a long job in order.
#include <csignal>
#include <sys/stat.h>
#include <thread>

#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;

namespace {

std::string minutes(int count) {
  std::string text = "timestamp,open,high,low,close\n";
  char line[80];
  for (int i = 0; i < count; ++i) {
    std::snprintf(line, sizeof line, "2012-02-%02d %02d:%02d:00+00:00,1.5,1.5002,1.4998,1.5\n", 1 + i / 1440, i / 60 % 24, i % 60);
    text += line;
  }
  return text;
}

}  // namespace

// The file of bids is a pipe, so the job has begun and is not done when the signal comes: no clock decides.
TEST_CASE("SIGINT and SIGTERM cancel an import: exit 130, nothing left") {
  const int signal_number = GENERATE(SIGINT, SIGTERM);
  std::signal(SIGPIPE, SIG_IGN);
  scratch_folder f;
  const auto text = minutes(20'000);
  f.write("ask.csv", text);
  REQUIRE(mkfifo((f / "bid.csv").c_str(), 0600) == 0);
  const auto before = f.names();
  std::thread writer;
  const auto p = tomnext_tool({"import", f / "bid.csv", f / "ask.csv", "--format", "fxcm-m1", "--instrument", "GBP/USD", "--log", f / "log"}, [&](pid_t child) {
    writer = std::thread([&, child] {
      std::ofstream bids(f / "bid.csv");  // returns once the job has opened its end
      kill(child, signal_number);
      bids << text;
    });
  });
  writer.join();
  INFO(p.err);
  CHECK(p.exit_code == 130);
  CHECK(has_text(p.err, "tomnext: cancelled after"));
  CHECK(p.out.empty());
  CHECK(f.names() == before);
}
