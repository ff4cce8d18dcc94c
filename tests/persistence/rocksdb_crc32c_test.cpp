// The library's checksum is ours: the same numbers, and really called.
#include <dlfcn.h>

#include <random>

#include "tests/support/catch.hpp"

namespace {

using extend = std::uint32_t (*)(std::uint32_t, const char*, std::size_t);
constexpr const char* symbol = "_ZN7rocksdb6crc32c6ExtendEjPKcm";

std::string file_of(void* function) {
  Dl_info where{};
  return ::dladdr(function, &where) != 0 ? where.dli_fname : "";
}

}  // namespace

TEST_CASE("RocksDB's calls of crc32c arrive here, and its own has the same values") {
  void* called = ::dlsym(RTLD_DEFAULT, symbol);  // what the dynamic linker resolves the library's calls to
  void* own = ::dlsym(RTLD_NEXT, symbol);        // the one behind this program's
  REQUIRE(called != nullptr);
  if (own == nullptr) {
    WARN("skipped: this RocksDB is no shared library, or has no such function; its checksums are its own");
    return;
  }
  CHECK(file_of(called).find("librocksdb") == std::string::npos);
  CHECK(file_of(own).find("librocksdb") != std::string::npos);
  const auto ours = reinterpret_cast<extend>(called), theirs = reinterpret_cast<extend>(own);
  std::mt19937 random(1);
  std::string bytes(5'000, '\0');
  for (auto& c : bytes) c = static_cast<char>(random());
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t from = random() % bytes.size(), size = random() % (bytes.size() - from);
    const std::uint32_t before = i % 2 == 0 ? 0 : static_cast<std::uint32_t>(random());
    if (ours(before, bytes.data() + from, size) != theirs(before, bytes.data() + from, size)) FAIL(before << ' ' << from << ' ' << size);
  }
}
