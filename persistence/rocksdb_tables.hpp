// The table files of a log, and the checksums that its manifest has of them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/result.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

struct table_file {
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t last_key = 0;        ///< first seq of its last group
  std::optional<std::uint32_t> crc;  ///< crc32c of the whole file, from the manifest; absent in a table that was written without
};

/// What a log on disk can say of its tables and rows. A memory_log has none.
class table_list {
 public:
  virtual ~table_list() = default;
  [[nodiscard]] virtual result<std::vector<table_file>> tables() const = 0;
  /// False where a writer beside us may have removed tables since: the list is that of the time of opening.
  [[nodiscard]] virtual bool is_current() const = 0;
  /// The rows from the one that holds `from_seq` down to the first, archived ones included: checked as a scan checks them, and not decoded.
  [[nodiscard]] virtual result<std::unique_ptr<row_source>> rows_down(std::uint64_t from_seq) const = 0;
};

/// Checks a table block by block. errc::log_corrupt names the file and the block's offset.
result<void> check_table_blocks(const std::string& path);

}  // namespace tomnext::persistence
