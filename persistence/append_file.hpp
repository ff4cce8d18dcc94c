// A text file that grows line by line, each durable before the next: what a long job has done survives its end.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

class append_file {
 public:
  /// A new file, durable in its folder. errc::invalid_argument where there is one.
  static result<append_file> create(const std::string& path);
  /// One that is there, behind its last whole line: what a writer that died has left of a further line is cut off.
  static result<append_file> resume(const std::string& path);
  append_file(append_file&& o) noexcept;
  append_file& operator=(append_file&&) = delete;
  ~append_file();
  /// Durable when it returns. The line has no end of line in it. After a failure nothing is appended any more: part of a line may be there.
  result<void> append(std::string_view line);

 private:
  append_file(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  [[nodiscard]] error failed(const char* what) const;
  [[nodiscard]] error given_up(const char* what);
  int fd_;
  std::string path_;
  std::string broken_;  ///< why nothing more is appended
};

/// The whole lines of such a file, of at most `bytes_max` bytes.
result<std::vector<std::string>> read_lines(const std::string& path, std::size_t bytes_max);

}  // namespace tomnext::persistence
