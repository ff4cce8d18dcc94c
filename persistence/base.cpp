#include "persistence/base.hpp"

#include <filesystem>

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view magic = "tomnext-base";
constexpr std::uint32_t format = 1;
constexpr std::size_t size = 12 + 4 + 8 + 32 + 4;

}  // namespace

std::string base_file(const std::string& directory) { return directory + "/base"; }

result<log_base> read_base(const std::string& directory) {
  const auto path = base_file(directory);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad) && !bad) return log_base{};
  auto bytes = read_file(path, 4096);
  if (!bytes) return bytes.error();
  const auto damaged = error(errc::log_corrupt, path + ": offset 0 to " + std::to_string(bytes->size()) +
                                                    ": the file that says where the rows begin is damaged; restore it from a backup");
  if (bytes->size() != size) return damaged;
  byte_reader r{*bytes};
  const bool begins_so = r.take(magic.size()) == magic;
  const auto written = r.number<std::uint32_t>();
  log_base base;
  base.first_seq = r.number<std::uint64_t>();
  base.previous = r.hash();
  const auto crc = r.number<std::uint32_t>();
  if (!begins_so || !r.complete() || crc != crc32c(std::string_view(*bytes).substr(0, size - 4)) || base.first_seq == 0) return damaged;
  if (written != format) return error(errc::log_newer_version, path + ": format " + std::to_string(written) + ", this build knows " + std::to_string(format));
  return base;
}

result<void> write_base(const std::string& directory, const log_base& base) {
  std::string out(magic);
  put_number(out, format);
  put_number(out, base.first_seq);
  out += bytes_of(base.previous);
  put_number(out, crc32c(out));
  return write_durably(base_file(directory), out);
}

}  // namespace tomnext::persistence
