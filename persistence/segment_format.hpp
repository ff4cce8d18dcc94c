// What the writer and the readers of segments share, and nobody else includes: sizes, bounds, the coding of a segment's parts.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/group_codec.hpp"
#include "persistence/segment.hpp"

namespace tomnext::persistence::segments {

inline constexpr std::uint32_t format = 1;
inline constexpr std::size_t header_bytes = 12 + 4 + 8 + 32 + 4;
inline constexpr std::size_t footer_bytes = 12 + 6 * 8 + 32 + 4 + 32;
inline constexpr std::size_t block_head_bytes = 8 + 32 + 4 + 4 + 4 + 4 + 4;
inline constexpr std::size_t row_head_bytes = 4 + 8 + 8 + 4;
/// Whatever a file claims, no more than this is held in memory for a block.
inline constexpr std::size_t plain_bytes_max = segment_block_bytes + group_bytes_max + row_head_bytes;

std::string encode_header(std::uint64_t first_seq, const hash256& previous);
/// Without the SHA-256 at its end.
std::string encode_footer(const segment_info& info);

struct block_head {
  std::uint64_t first_seq{};
  hash256 previous;
  std::uint32_t rows{}, plain_bytes{}, stored_bytes{}, stored_crc{};
};
std::string encode_block_head(const block_head& h);
/// Nothing where its checksum does not match or its lengths are beyond all bounds.
std::optional<block_head> decode_block_head(std::string_view bytes);

void put_row(std::string& out, const stored_row& row);
/// Checks what a row says of itself, where it can be read, against the figures beside it. The reason where they differ.
std::optional<std::string> disagreement(const stored_row& row);

/// A segment's parts by their offset. Every length is checked against the file's size before anything is read.
class file {
 public:
  static result<std::unique_ptr<file>> open(const std::string& path);
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file();

  /// Where a block lies, and where the one after it.
  struct place {
    block_head head;
    std::uint64_t offset{}, next{};
  };
  struct block {
    place at;
    std::string stored_head, stored;  ///< as they lie in the file
    std::string plain;
    std::vector<stored_row> rows;  ///< views into `plain`
  };
  [[nodiscard]] const segment_info& info() const { return info_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t blocks_end() const { return info_.file_bytes - footer_bytes; }
  /// The head of the block there.
  [[nodiscard]] result<place> place_at(std::uint64_t offset) const;
  /// All of it: checked, unpacked, and its chain followed from what its head says.
  [[nodiscard]] result<std::unique_ptr<block>> block_at(std::uint64_t offset) const;
  [[nodiscard]] result<std::string> read(std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] error damaged(std::uint64_t offset, const std::string& why) const;

 private:
  file(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  result<void> load();
  result<void> unpack(block& b) const;
  int fd_;
  std::string path_;
  segment_info info_;
};

}  // namespace tomnext::persistence::segments
