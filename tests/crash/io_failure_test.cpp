// The n-th operation on the disk fails with EIO, for every n, reads among them: after a failed write nothing is accepted, nothing acknowledged is lost.
#include "tests/crash/fast_folder.hpp"
#include "tests/crash/simulated_calls.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

struct outcome {
  std::string failed_operation;  // empty: the run had fewer operations
  std::string told;              // the error that the writer got; empty: none
  std::string broken;
};

outcome fail_once(std::uint64_t n, bool for_good, const rocksdb_options& options) {
  const fast_folder folder;
  std::filesystem::create_directories(folder / "disk");
  simulated_disk disk(folder / "disk");
  promises told;
  outcome o;
  {
    const on_disk lies(disk);
    disk.fail_at(n, for_good);
    o.told = live_twice(folder / "disk/log", options, told);
    o.failed_operation = disk.failed();
  }
  if (o.failed_operation.empty()) return o;
  if (o.told == "accepted after a failed write") o.broken = o.told;
  // The process goes on to another life, or the power goes as well: a sync that failed has kept nothing.
  if (options.encrypt == encryption::from_now_on) given_keys::set(key_line(1, 1) + key_line(2, 2));
  for (const auto s : {survival::all_written, survival::synced_only, survival::entries_too}) {
    if (!o.broken.empty()) break;
    disk.image(s).restore(folder / "left");
    o.broken = broken_after_crash(folder / "left/log", promise(told));
    if (!o.broken.empty()) o.broken = std::string(name_of(s)) + ": " + o.broken;
  }
  return o;
}

}  // namespace

TEST_CASE("the n-th operation fails, for every n: nothing is accepted after it, and nothing acknowledged is lost") {
  const bool for_good = GENERATE(false, true);
  const auto options = for_good ? small_options() : GENERATE(small_options(), encrypted_options());
  const given_keys keys("");
  std::uint64_t n = 1, noticed = 0;
  for (;; ++n) {
    const auto o = fail_once(n, for_good, options);
    if (o.failed_operation.empty()) break;
    noticed += !o.told.empty();
    INFO("operation " << n << (for_good ? " and all that follow fail: " : " fails: ") << o.failed_operation << "; the writer was told: " << o.told);
    REQUIRE(o.broken == "");
  }
  CHECK(n > 200);
  CHECK(noticed > n / 3);
}
