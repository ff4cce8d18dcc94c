// `log verify` accepts a log as it was written, and refuses it after one flipped bit, wherever that is.
#include "tests/e2e/tool.hpp"

using namespace tomnext::tests;
namespace fs = std::filesystem;

namespace {

// A small log: eight hours of minutes that cross the averages often enough to trade.
std::string make_log(const scratch_folder& f) {
  std::string minutes = "timestamp,open,high,low,close\n";
  char line[80];
  for (int i = 0; i < 500; ++i) {
    const double p = 1.5 + 0.001 * ((i * 7919) % 13) - 0.0005 * (i % 5);
    std::snprintf(line, sizeof line, "2012-02-01 %02d:%02d:00+00:00,%.5f,%.5f,%.5f,%.5f\n", i / 60, i % 60, p, p + 0.0004, p - 0.0003, p + 0.0001);
    minutes += line;
  }
  f.write("bid.csv", minutes);
  f.write("ask.csv", minutes);
  f.write("run.yaml",
          "data: [{format: fxcm-m1, bid: bid.csv, ask: ask.csv, instrument: GBP/USD, stamp: close}]\naccount: {currency: USD, balance: 100000}\n"
          "strategies: [{kind: ema_cross, instrument: GBP/USD, bars: 5m-mid, fast: 2, slow: 5, size: 1000}]\n");
  const auto p = tomnext_tool({"backtest", f / "run.yaml", "--log", f / "log"});
  INFO(p.err);
  REQUIRE(p.exit_code == 0);
  return f / "log";
}

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> all;
  for (const auto& e : fs::recursive_directory_iterator(folder))
    if (e.is_regular_file() && e.file_size() > 0) all.push_back(e.path().string());
  std::sort(all.begin(), all.end());
  return all;
}

void flip(const std::string& file, std::uint64_t byte, int bit) {
  std::fstream s(file, std::ios::binary | std::ios::in | std::ios::out);
  s.seekg(static_cast<std::streamoff>(byte));
  const int was = s.get();
  s.seekp(static_cast<std::streamoff>(byte));
  s.put(static_cast<char>(was ^ (1 << bit)));
}

}  // namespace

TEST_CASE("log verify accepts a log, and says what is in it") {
  scratch_folder f;
  const auto log = make_log(f);
  const auto stats = nlohmann::json::parse(tomnext_tool({"log", "stats", log, "--json"}).out);
  const auto p = tomnext_tool({"log", "verify", log, "--json"});
  INFO(p.err);
  REQUIRE(p.exit_code == 0);
  const auto j = nlohmann::json::parse(p.out);
  CHECK(j["valid"] == true);
  CHECK(j["head"] == stats["head"]);
  CHECK(j["events"] == stats["events"]);
  CHECK(has_text(tomnext_tool({"log", "verify", log}).out, "valid: "));
}

TEST_CASE("log verify refuses one flipped bit in any file of the log, and names the place") {
  scratch_folder f;
  const auto log = make_log(f);
  const auto files = files_of(log);
  REQUIRE(files.size() >= 5);
  for (const auto& file : files) {
    const auto size = fs::file_size(file);
    // The first and the last byte, and some between; which bit changes from one to the next.
    for (std::uint64_t i = 0; i < 6; ++i) {
      const auto byte = std::min(size - 1, i * size / 5);
      const int bit = static_cast<int>((byte + i) % 8);
      flip(file, byte, bit);
      const auto p = tomnext_tool({"log", "verify", log});
      INFO(file << " byte " << byte << " of " << size << " bit " << bit << ": " << p.err << p.out);
      CHECK(p.exit_code == 5);
      CHECK(p.out.empty());
      CHECK(p.err.rfind("tomnext: ", 0) == 0);
      flip(file, byte, bit);
    }
  }
  CHECK(tomnext_tool({"log", "verify", log}).exit_code == 0);
}

TEST_CASE("log verify refuses a log with a file missing or cut short") {
  scratch_folder f;
  const auto log = make_log(f);
  for (const auto& file : files_of(log)) {
    const auto whole = file_text(file);
    INFO(file);
    fs::remove(file);
    const auto p = tomnext_tool({"log", "verify", log, "--json"});
    // A log without its seal is one whose node did not end in order: valid, and said to be so.
    if (fs::path(file).filename() == "seal") CHECK(nlohmann::json::parse(p.out)["sealed"] == false);
    else CHECK(p.exit_code != 0);
    std::ofstream(file, std::ios::binary) << whole.substr(0, whole.size() - 1);
    CHECK(tomnext_tool({"log", "verify", log}).exit_code != 0);
    std::ofstream(file, std::ios::binary) << whole;
  }
  CHECK(tomnext_tool({"log", "verify", log}).exit_code == 0);
}
