// Small durable files: whole or absent, whatever happens in between.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// What a write that never finished leaves behind ends like this. It is nothing, and removed at the next opening for writing.
inline constexpr std::string_view temporary_suffix = ".new";

/// "<path>.<process>-<number>.new": the number is one that this process has not used.
std::string temporary_name(const std::string& path);
/// Whether this process or another could have made the name for that path, and nobody would call a file of theirs so.
bool is_temporary_of(std::string_view name, std::string_view path);

/// Writes to a temporary name of its own, syncs, renames, syncs the folder.
result<void> write_durably(const std::string& path, std::string_view bytes);
/// Writes a file that must not be there yet, with these permissions (less the process's mask). errc::invalid_argument where there is one.
result<void> write_new_durably(const std::string& path, std::string_view bytes, mode_t mode);
/// Reads a file of at most `limit` bytes.
result<std::string> read_file(const std::string& path, std::size_t limit);
/// Where a part of a file is read from: what the system remembers of it (fast), or the disk itself.
enum class read_source : std::uint8_t { memory_or_disk, disk };
/// Replaces `bytes` by up to `bytes_max` from `offset` on, fewer at the end of the file.
/// errc::file_unreadable where it cannot be opened, errc::log_io where the disk fails.
result<void> read_part(const std::string& path, std::uint64_t offset, std::size_t bytes_max, read_source from, std::string& bytes);
/// Creates the folder and those above it; durable when it returns.
result<void> make_folder(const std::string& path);
/// Removes the file if there is one; durable when it returns.
result<void> remove_durably(const std::string& path);
/// Removes what unfinished writes left in a folder, if there is one: files that begin with `prefix` and end with temporary_suffix.
result<void> remove_temporaries(const std::string& folder, std::string_view prefix = {});
result<void> sync_folder(const std::string& path);
/// Brings to the disk what any process has written to the file.
result<void> sync_file(const std::string& path);
/// The same of a file or a folder of somebody else's: one that has gone meanwhile, or lies where nobody can write, is no error.
result<void> sync_if_there(const std::string& path);
/// Removes a folder and what is in it, if it is there. Durable when the folder above it is synced.
result<void> remove_tree(const std::string& path);

/// The one writer of a folder. Held until destroyed, or until the process ends in whatever way.
class folder_lock {
 public:
  /// errc::log_locked where another holder is alive, in this process or another.
  static result<folder_lock> take(const std::string& folder);
  /// True where somebody holds it now.
  static bool held(const std::string& folder);
  folder_lock(folder_lock&& o) noexcept;
  folder_lock& operator=(folder_lock&&) = delete;
  ~folder_lock();

 private:
  explicit folder_lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tomnext::persistence
