// RocksDB's own checksums are computed by our function, and are what its function would have computed.
#if defined(__x86_64__)
#include <dlfcn.h>

#include <cstdint>
#include <random>

#include "persistence/rocksdb_log.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;

namespace {

using extend = std::uint32_t (*)(std::uint32_t, const char*, std::size_t);
constexpr const char* name = "_ZN7rocksdb6crc32c6ExtendEjPKcm";

/// The function of that name in the shared library itself; nullptr where it has none.
extend theirs() {
  // Found by another of its functions, which nobody replaces.
  void* const address = ::dlsym(RTLD_DEFAULT, "rocksdb_open");
  Dl_info library{};
  if (address == nullptr || ::dladdr(address, &library) == 0) return nullptr;
  void* handle = ::dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  return handle == nullptr ? nullptr : reinterpret_cast<extend>(::dlsym(handle, name));
}

}  // namespace

TEST_CASE("RocksDB's checksums come from the program, and are the library's to the last bit") {
  REQUIRE_FALSE(persistence::log_exists("/nonexistent"));  // the part of the program that talks to RocksDB is linked
  const auto own = reinterpret_cast<extend>(::dlsym(RTLD_DEFAULT, name));
  const auto library = theirs();
  if (library == nullptr) {
    WARN("this RocksDB has no function of that name: its checksums are its own, and slower");
    return;
  }
  CHECK(own != library);
  std::mt19937_64 g(7);
  std::string bytes(70'000, '\0');
  for (auto& c : bytes) c = static_cast<char>(g());
  for (int i = 0; i < 2000; ++i) {
    const auto from = g() % 64, size = g() % (i % 2 == 0 ? 100 : bytes.size() - 64);
    const auto before = static_cast<std::uint32_t>(g());
    if (own(before, bytes.data() + from, size) != library(before, bytes.data() + from, size)) FAIL(from << " " << size << " " << before);
  }
}
#endif
