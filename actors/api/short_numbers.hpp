// Numbers in few columns, for tables that people read.
#pragma once
#include <cstdint>
#include <string>

namespace tomnext::api {

/// printf of one number.
[[nodiscard]] std::string formatted(const char* format, double value);
/// At most nine columns: plain up to 99999999, then with a suffix and three significant digits at least.
[[nodiscard]] std::string count(double n);
[[nodiscard]] std::string count(std::uint64_t n);
/// One decimal up to 100 ms, then as a count; "-" for what is no time.
[[nodiscard]] std::string microseconds(double us);
/// "7.1 KiB", "12.0 MiB".
[[nodiscard]] std::string bytes(std::uint64_t n);

}  // namespace tomnext::api
