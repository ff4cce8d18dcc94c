// Lines of a text file that may be compressed, without a copy per line.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Bytes of one file, decompressed.
class byte_source {
 public:
  virtual ~byte_source() = default;
  /// Up to `size` bytes; 0 at the end, after the checksum has been checked.
  virtual result<std::size_t> read(char* to, std::size_t size) = 0;
};

/// A plain file, or a gzip file by its first bytes. A name that ends in .gz must be gzip.
result<std::unique_ptr<byte_source>> open_plain_or_gzip(const std::string& path);
/// The one file of a zip archive.
result<std::unique_ptr<byte_source>> open_zip(const std::string& path);

class line_reader {
 public:
  line_reader(std::unique_ptr<byte_source> bytes, std::string path);

  /// The next line without its end ("\n" or "\r\n"), valid until the next call; false at the end.
  result<bool> next(std::string_view& line);
  /// Of the newest line, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// "path:line"
  [[nodiscard]] std::string place() const { return path_ + ":" + std::to_string(line_); }

 private:
  result<void> refill();
  std::unique_ptr<byte_source> bytes_;
  std::string path_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is not yet read
  std::uint64_t line_ = 0;
  std::uint64_t total_ = 0;
  bool at_end_ = false;
};

/// Text from a file as it may stand in a message: at most 40 characters, printable.
std::string quoted(std::string_view text);

}  // namespace tomnext::persistence
