// A file that is written piece by piece, and appears whole or not at all.
#pragma once
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

class new_file {
 public:
  /// Under a temporary name beside the path, so that other names never see a part of it. Removes what a process that died has left of the same path.
  static result<new_file> create(const std::string& path);
  /// In a folder, for a name that is not known yet.
  static result<new_file> create_in(const std::string& folder);
  new_file(new_file&& o) noexcept;
  new_file& operator=(new_file&&) = delete;
  /// Removes it unless it was finished.
  ~new_file();
  result<void> write(std::string_view bytes);
  /// Durable under its name when it returns. errc::invalid_argument where something has this name by now: it stays as it is.
  result<void> finish();
  result<void> finish_as(const std::string& path);

 private:
  new_file(int fd, std::string path, std::string temporary) : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}
  static result<new_file> open(const std::string& path);
  result<void> flush();
  result<void> give_name();
  [[nodiscard]] error failed(const char* what) const;
  int fd_;
  std::string path_, temporary_;
  std::string buffer_;
};

/// The bytes of a file as a new one, piece by piece.
result<void> copy_durably(const std::string& from, const std::string& to);

}  // namespace tomnext::persistence
