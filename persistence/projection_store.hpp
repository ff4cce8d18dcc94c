// Where projections keep their rows, and how far each has read. One implementation on disk (rocksdb_projections); tests put faults in front of it.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/event_log.hpp"
#include "persistence/projection.hpp"

namespace tomnext::persistence {

/// Why a projection does not go on by itself.
enum class projection_halt : std::uint8_t {
  none = 0,
  poisoned = 1,  ///< it could not apply the event after its offset
  paused = 2,    ///< an operator wants it so
};

/// An event that an operator passed over.
struct skipped_event {
  std::uint64_t seq{};
  std::string reason;  ///< what had parked the projection there
  bool operator==(const skipped_event&) const = default;
};
/// More are refused: a projection that meets so many is wrong itself.
inline constexpr std::size_t skipped_events_max = 1000;
inline constexpr std::size_t halt_reason_bytes_max = 1000;

/// How far a projection is: one row, written together with what it speaks of.
struct projection_mark {
  std::uint32_t version{};  ///< of the projection that wrote the rows
  std::uint64_t offset{};   ///< the last event that is folded or skipped
  /// A head of the log that was folded, at or after `offset`. The log that holds it has the events that the rows are made of, and no others.
  log_head witness;
  projection_halt halt = projection_halt::none;
  std::uint32_t attempts{};  ///< that failed at offset + 1, across runs
  std::string reason;        ///< of the last failure, or of the pause
  std::vector<skipped_event> skipped;
  bool operator==(const projection_mark&) const = default;
};

std::string encode_mark(const projection_mark& m);
/// errc::decode_failed where the bytes are no mark.
result<projection_mark> decode_mark(std::string_view bytes);

/// One row's new value.
struct row_change {
  std::string key, value;
};

class projection_store {
 public:
  virtual ~projection_store() = default;
  /// Nothing where the projection has never been run.
  [[nodiscard]] virtual result<std::optional<projection_mark>> mark(std::string_view projection) const = 0;
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::string_view projection, std::string_view key) const = 0;
  [[nodiscard]] virtual result<std::unique_ptr<projection_reader>> reader(std::string_view projection) const = 0;
  /// Rows and mark: both or neither, whenever the process ends.
  virtual result<void> commit(std::string_view projection, std::span<const row_change> changes, const projection_mark& m) = 0;
  /// All rows go, and this mark comes: both or neither.
  virtual result<void> clear(std::string_view projection, const projection_mark& m) = 0;
};

/// The projections of a log's directory, opened for writing: by one process at a time, whoever writes the log. errc::log_locked.
result<std::unique_ptr<projection_store>> open_projections(const std::string& log_directory);
/// For reading only, beside a process that writes them. Nothing where there are none yet.
result<std::unique_ptr<projection_store>> open_projections_for_reading(const std::string& log_directory);
std::string projections_folder(const std::string& log_directory);

}  // namespace tomnext::persistence
