// A segment: a contiguous run of stored rows in one file, byte for byte. Archives, increments of a backup, exports and imports are all made of these.
//
//   header  "tomnext-segm" · format u32 = 1 · first seq u64 · chain hash before the first row 32 bytes · crc32c u32 of all that
//   blocks  first seq u64 · chain hash before it 32 bytes · rows u32 · plain length u32 · stored length u32 · crc32c u32 of the stored bytes ·
//           crc32c u32 of this head so far · stored bytes: zstd of the rows, each: events u32 · epoch u64 · time of its first event i64 · length u32 · the row
//   footer  "tomnext-foot" · last seq u64 · last epoch u64 · groups u64 · bytes of all rows u64 · first at i64 · last at i64 ·
//           chain hash with the last row 32 bytes · crc32c u32 of the footer so far · SHA-256 of the whole file before it
//
// Little-endian. A row's figures stand beside its bytes, so that a segment is copied and checked without knowing how rows are coded; where a row can be
// read, they must agree with what it says.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/stored_rows.hpp"

namespace tomnext::persistence {

inline constexpr std::string_view segment_suffix = ".segment";
/// A block is closed when its rows have this many bytes; a row that is longer has a block of its own.
inline constexpr std::size_t segment_block_bytes = std::size_t{256} << 10;

/// What a segment holds.
struct segment_info {
  std::uint64_t first_seq{}, last_seq{};
  std::uint64_t last_epoch{};
  std::uint64_t groups{};
  std::uint64_t row_bytes{};    ///< of its rows, before compression
  std::uint64_t file_bytes{};   ///< of the file
  timestamp first_at, last_at;  ///< of the first event of the first and of the last row
  hash256 previous;             ///< the chain before the first row
  hash256 chained;              ///< the chain with the last row
  bool operator==(const segment_info&) const = default;
};

/// `<first seq, 20 digits>-<last seq, 20 digits>.segment`: names sort as the events do.
std::string segment_name(std::uint64_t first_seq, std::uint64_t last_seq);

/// Writes one segment. The file appears, durably, when `finish` returns; before that, or where the writer goes without it, there is none.
class segment_writer {
 public:
  /// Of this path.
  static result<std::unique_ptr<segment_writer>> create(const std::string& path);
  /// In this folder, under the name that its rows give it (segment_name).
  static result<std::unique_ptr<segment_writer>> create_in(const std::string& folder);
  segment_writer(const segment_writer&) = delete;
  segment_writer& operator=(const segment_writer&) = delete;
  ~segment_writer();

  /// errc::log_gap: not the row after the last one · errc::log_corrupt: the row's chain is not what its bytes give, or it is none · errc::log_io
  result<void> add(const stored_row& row);
  /// Bytes of the rows so far, before compression.
  [[nodiscard]] std::uint64_t row_bytes() const;
  /// errc::invalid_argument where no row was added, or something has the file's name by now.
  result<segment_info> finish();
  /// Where the file lies; of `create_in` once it is finished.
  [[nodiscard]] const std::string& path() const;

 private:
  struct state;
  explicit segment_writer(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

/// The rows of a segment from the one that holds `from_seq` (0: from the first). Checks every checksum and the chain on the way; read from the first row on,
/// the SHA-256 of the whole file too. errc::log_corrupt names the file and the offset · errc::log_newer_version · errc::file_unreadable ·
/// errc::invalid_argument where `from_seq` lies behind its last event.
result<std::unique_ptr<row_source>> open_segment(const std::string& path, std::uint64_t from_seq = 0);
/// The same from the row that holds `from_seq`, or from its last row where that lies behind it, down to its first.
result<std::unique_ptr<row_source>> open_segment_backward(const std::string& path, std::uint64_t from_seq);

/// Header and footer only: quick, and no word on the rows in between.
result<segment_info> read_segment_info(const std::string& path);
/// Reads it all.
result<segment_info> verify_segment(const std::string& path, const keep_going& go_on = {});

/// The finished segments of a folder in order of their names; none where there is no such folder. Nothing is opened. What is no segment is passed over.
struct segment_file_name {
  std::uint64_t first_seq{}, last_seq{};
  std::string path;
};
result<std::vector<segment_file_name>> segments_in(const std::string& folder);

}  // namespace tomnext::persistence
