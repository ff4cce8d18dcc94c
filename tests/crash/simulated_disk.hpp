// A disk that remembers what would survive. Operations go to real files, so that whatever reads sees what was written; beside them this keeps, for each file,
// what was synced, and for each folder, which entries were synced. From that it makes the files as they would be found after a kill or a power cut.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tomnext::tests {

/// What a crash leaves.
enum class survival : std::uint8_t {
  all_written,  ///< kill -9: whatever was written
  last_torn,    ///< the write that was under way is there in half
  synced_only,  ///< a power cut: bytes that were not synced are gone
  entries_too,  ///< and files that were created, renamed or removed since their folder was synced are not, or still, there
};
inline constexpr survival survivals[] = {survival::all_written, survival::last_torn, survival::synced_only, survival::entries_too};
std::string_view name_of(survival s);

enum class operation : std::uint8_t { create, write, truncate, sync, rename, remove, make_folder, sync_folder, read };
std::string_view name_of(operation o);

/// Files and folders by their path below the root.
struct disk_image {
  std::map<std::string, std::string> files;
  std::set<std::string> folders;
  bool operator==(const disk_image&) const = default;
  bool operator<(const disk_image& o) const { return std::tie(files, folders) < std::tie(o.files, o.folders); }
  /// Writes it to a folder, which is emptied first.
  void restore(const std::string& folder) const;
  /// As the folder is now.
  static disk_image of(const std::string& folder);
};

/// Which promise of the disk is broken, so that a check can be shown to notice.
enum class disk_lie : std::uint8_t { none, syncs_nothing, syncs_no_folder };

class simulated_disk {
 public:
  /// All that is below `root` now counts as durable.
  explicit simulated_disk(std::string root, disk_lie lie = disk_lie::none);

  struct file {
    std::string written, synced;
    std::vector<std::pair<std::size_t, std::size_t>> dirty;  // offset and length, not synced yet
    bool folder = false;
  };
  using file_ref = std::shared_ptr<file>;

  /// Called before each operation that changes something, under the disk's lock: the moment at which it may be cut off.
  std::function<void(operation, const std::string& path)> observer;
  /// The operation of this number fails with EIO, counted from 1; 0: none. `for_good`: and all that follow.
  void fail_at(std::uint64_t number, bool for_good);
  [[nodiscard]] std::uint64_t operations() const;
  /// Which operation failed, for messages; empty: none did.
  [[nodiscard]] std::string failed() const;
  /// Made by the observer, or between operations.
  [[nodiscard]] disk_image image(survival s) const;

  /// True where the operation may go on; false: it fails with EIO. For a write: what it writes, and where.
  bool begin(operation o, const std::string& path, const file_ref& f = {}, std::string_view bytes = {}, std::size_t offset = append_at_end);
  static constexpr std::size_t append_at_end = SIZE_MAX;

  // What has been done, told after it.
  file_ref created(const std::string& path);
  file_ref at(const std::string& path) const;
  void wrote(const file_ref& f, std::string_view bytes, std::size_t offset = append_at_end);
  void truncated(const file_ref& f, std::size_t size);
  void synced(const file_ref& f);
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);
  void made_folder(const std::string& path);
  void synced_folder(const std::string& path);

 private:
  using entries = std::map<std::string, file_ref>;
  [[nodiscard]] std::string below(const std::string& path) const;
  static void write_into(std::string& s, std::string_view bytes, std::size_t offset);

  std::string root_;
  disk_lie lie_;
  mutable std::recursive_mutex mutex_;
  entries now_, durable_;
  std::uint64_t operations_ = 0, fail_at_ = 0;
  bool for_good_ = false;
  std::string failed_;
  // The write that is under way, for survival::last_torn.
  file_ref torn_;
  std::string torn_bytes_;
  std::size_t torn_offset_ = 0;
};

}  // namespace tomnext::tests
