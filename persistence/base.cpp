#include "persistence/base.hpp"

#include <filesystem>

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"
#include "persistence/places.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view base_magic = "tomnext-base";
constexpr std::uint32_t base_format = 2;
constexpr std::size_t size_max = std::size_t{16} << 20;

struct stored_base {
  log_base base;
  std::optional<std::vector<snapshot_key>> hosts = std::vector<snapshot_key>{};  // before event 1 there are none
};

std::vector<snapshot_key> hosts_in(byte_reader& r) {
  std::vector<snapshot_key> hosts;
  for (auto n = r.number<std::uint32_t>(); n > 0 && r.good; --n) {
    snapshot_key key;
    key.host = r.text();
    key.service_version = r.number<std::uint32_t>();
    key.state_version = r.number<std::uint32_t>();
    key.configuration_hash = r.number<std::uint64_t>();
    hosts.push_back(std::move(key));
  }
  return hosts;
}

result<stored_base> load(const std::string& directory) {
  const auto path = base_file(directory);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad) && !bad) return stored_base{};
  auto bytes = read_file(path, size_max);
  if (!bytes) return bytes.error();
  const auto damaged = error(errc::log_corrupt, path + ": offset 0 to " + std::to_string(bytes->size()) +
                                                    ": the file that says where the rows begin is damaged; restore it from a backup");
  if (bytes->size() < base_magic.size() + 8) return damaged;
  const auto body = std::string_view(*bytes).substr(0, bytes->size() - 4);
  if (byte_reader{std::string_view(*bytes).substr(body.size())}.number<std::uint32_t>() != crc32c(body)) return damaged;
  byte_reader r{body};
  if (r.take(base_magic.size()) != base_magic) return damaged;
  const auto written = r.number<std::uint32_t>();
  if (written > base_format)
    return error(errc::log_newer_version, path + ": format " + std::to_string(written) + ", this build knows " + std::to_string(base_format));
  stored_base found;
  found.base.first_seq = r.number<std::uint64_t>();
  found.base.previous = r.hash();
  if (written == 1) found.hosts = std::nullopt;
  else found.hosts = hosts_in(r);
  if (!r.complete() || found.base.first_seq == 0 || written == 0) return damaged;
  return found;
}

}  // namespace

std::string base_file(const std::string& directory) { return directory + "/" + std::string(base_file_name); }

result<log_base> read_base(const std::string& directory) {
  auto found = load(directory);
  if (!found) return found.error();
  return found->base;
}

result<std::optional<std::vector<snapshot_key>>> hosts_before_base(const std::string& directory) {
  auto found = load(directory);
  if (!found) return found.error();
  return std::move(found->hosts);
}

result<void> write_base(const std::string& directory, const log_base& base, const std::vector<snapshot_key>& hosts) {
  std::string out(base_magic);
  put_number(out, base_format);
  put_number(out, base.first_seq);
  out += bytes_of(base.previous);
  put_number(out, static_cast<std::uint32_t>(hosts.size()));
  for (const auto& h : hosts) {
    put_text(out, h.host);
    put_number(out, h.service_version);
    put_number(out, h.state_version);
    put_number(out, h.configuration_hash);
  }
  put_number(out, crc32c(out));
  return write_durably(base_file(directory), out);
}

}  // namespace tomnext::persistence
