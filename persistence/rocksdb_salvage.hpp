// What can still be read of a damaged log, and where the damage is. Only for `repair`, and only rocksdb_salvage.cpp knows RocksDB.
#pragma once
#include <memory>
#include <string>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

/// Rows that can be read behind the damage: they belong to the log, and nothing proves what came between.
struct rows_behind {
  std::uint64_t groups{}, events{}, bytes{};
  std::uint64_t first_seq{}, last_seq{};  ///< 0 where there are none
};

/// Rows from event 1 that follow each other in an unbroken chain. Ends at the first that does not.
class salvaged_rows : public row_source {
 public:
  /// Why it ended; empty where it came to the end without finding anything wrong.
  [[nodiscard]] virtual const std::string& damage() const = 0;
  /// Once it has ended.
  virtual rows_behind behind() = 0;
};

/// Reads the rows with the recovery that forgives. Writes nothing to the directory. Where its list of files (MANIFEST, CURRENT) cannot be read, leaves out
/// files that are there, or leads to less than `expected_seq` (nothing: unknown), the rows are copied into `scratch`, which does not exist yet, and the list
/// is made anew there; the longer run counts. What comes before the base is read from the archive, or from rows that are still there, whichever leads
/// further. errc::log_corrupt: nothing of it can be read · errc::log_archived
result<std::unique_ptr<salvaged_rows>> salvage_rows(const std::string& directory, const std::string& scratch, std::optional<std::uint64_t> expected_seq);

}  // namespace tomnext::persistence
