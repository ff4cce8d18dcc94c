// A file that is written piece by piece, and appears whole or not at all.
#pragma once
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

class new_file {
 public:
  /// Under a temporary name beside the path, so that other names never see a part of it.
  static result<new_file> create(const std::string& path);
  new_file(new_file&& o) noexcept;
  new_file& operator=(new_file&&) = delete;
  /// Removes it unless it was finished.
  ~new_file();
  result<void> write(std::string_view bytes);
  /// Durable under its name when it returns. errc::invalid_argument where something has this name by now: it stays as it is.
  result<void> finish();

 private:
  new_file(int fd, std::string path, std::string temporary) : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}
  result<void> flush();
  [[nodiscard]] error failed(const char* what) const;
  int fd_;
  std::string path_, temporary_;
  std::string buffer_;
};

}  // namespace tomnext::persistence
