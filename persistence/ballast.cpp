#include "persistence/ballast.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "persistence/files.hpp"
#include "persistence/places.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

error failed(const std::string& path, const char* what, int why) { return {errc::log_io, path + ": " + what + ": " + std::strerror(why)}; }

/// Bytes that the file really takes; nothing where there is none.
std::uint64_t reserved_bytes(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return 0;
  return static_cast<std::uint64_t>(s.st_size) <= static_cast<std::uint64_t>(s.st_blocks) * 512 ? static_cast<std::uint64_t>(s.st_size) : 0;
}

/// Under a temporary name first: a ballast that is there is whole.
result<ballast_state> make(const std::string& directory, std::uint64_t bytes) {
  const auto path = ballast_file(directory);
  const auto temporary = path + std::string(temporary_suffix);
  const int fd = calls().open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(temporary, "creating", errno);
  // fallocate and not posix_fallocate: where the file system cannot, the latter writes instead, and fills a disk that only copies what it shares.
  int why = calls().fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  if (why == 0 && calls().fsync(fd) != 0) why = errno;
  calls().close(fd);
  if (why == 0 && calls().rename(temporary.c_str(), path.c_str()) != 0) why = errno;
  if (why != 0) calls().unlink(temporary.c_str());
  if (why == EOPNOTSUPP || why == ENOSYS) return ballast_state::impossible;
  if (why == ENOSPC || why == EDQUOT || why == EFBIG) return ballast_state::no_room;
  if (why != 0) return failed(temporary, "reserving room", why);
  TOMNEXT_TRY(sync_folder(directory));
  return ballast_state::made;
}

}  // namespace

std::uint64_t reserved_ballast(const std::string& directory) { return reserved_bytes(ballast_file(directory)); }

std::string ballast_file(const std::string& directory) { return directory + "/" + std::string(ballast_file_name); }

result<ballast_state> keep_ballast(const std::string& directory, std::uint64_t bytes, std::uint64_t free_bytes_min) {
  if (bytes == 0) return ballast_state::none;
  const auto path = ballast_file(directory);
  const auto reserved = reserved_bytes(path);
  if (reserved == bytes) return ballast_state::present;
  if (reserved != 0) TOMNEXT_TRY(remove_durably(path));
  std::error_code bad;
  const auto room = std::filesystem::space(directory, bad);
  if (bad) return error(errc::log_io, directory + ": " + bad.message());
  if (room.available < bytes || room.available - bytes < free_bytes_min) return ballast_state::no_room;
  return make(directory, bytes);
}

result<std::uint64_t> release_ballast(const std::string& directory) {
  const auto reserved = reserved_bytes(ballast_file(directory));
  TOMNEXT_TRY(remove_durably(ballast_file(directory)));
  return reserved;
}

}  // namespace tomnext::persistence
