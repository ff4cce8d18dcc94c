#include "persistence/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "persistence/files.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

std::string folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

struct flock whole_file() {
  struct flock f {};
  f.l_type = F_WRLCK;
  f.l_whence = SEEK_SET;
  return f;
}

/// Locked by whoever writes it, for as long as that lives.
bool is_being_written(const std::string& path) {
  const int fd = calls().open(path.c_str(), O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return errno != ENOENT;
  auto lock = whole_file();
  const bool locked = ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
  calls().close(fd);
  return locked;
}

result<void> remove_abandoned_files(const std::string& path) {
  const auto folder = folder_of(path), name = fs::path(path).filename().string();
  std::vector<std::string> found;
  std::error_code bad;
  for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad))
    if (is_temporary_of(it->path().filename().string(), name)) found.push_back(it->path().string());
  if (bad) return error(errc::log_io, folder + ": " + bad.message());
  for (const auto& left : found)
    if (!is_being_written(left) && calls().unlink(left.c_str()) != 0 && errno != ENOENT)
      return error(errc::log_io, left + ": removing: " + std::strerror(errno));
  return {};
}

}  // namespace

result<new_file> new_file::create(const std::string& path) {
  TOMNEXT_TRY(remove_abandoned_files(path));
  return open(path);
}

result<new_file> new_file::create_in(const std::string& folder) { return open(folder + "/unnamed"); }

result<new_file> new_file::open(const std::string& path) {
  for (;;) {
    auto temporary = temporary_name(path);
    const int fd = calls().open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    // A process of the same number, on another machine or in another container, is at work here: ours has another name.
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return error(errc::log_io, temporary + ": creating: " + std::strerror(errno));
    auto lock = whole_file();
    (void)::fcntl(fd, F_OFD_SETLK, &lock);  // where files cannot be locked, one that is being written may be taken for one that was left
    return new_file(fd, path, std::move(temporary));
  }
}

new_file::new_file(new_file&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), temporary_(std::exchange(o.temporary_, {})), buffer_(std::move(o.buffer_)) {}

new_file::~new_file() {
  if (fd_ >= 0) calls().close(fd_);
  if (!temporary_.empty()) calls().unlink(temporary_.c_str());
}

result<void> new_file::write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() >= buffer_bytes ? flush() : result<void>{};
}

result<void> new_file::finish() {
  TOMNEXT_TRY(flush());
  if (calls().fsync(fd_) != 0) return failed("syncing");
  TOMNEXT_TRY(give_name());
  temporary_.clear();
  return sync_folder(folder_of(path_));
}

result<void> new_file::finish_as(const std::string& path) {
  path_ = path;
  return finish();
}

/// Over nothing: a plain rename would replace a file that has come meanwhile.
result<void> new_file::give_name() {
  const auto taken = [this] { return error(errc::invalid_argument, path_ + ": exists already, and nothing is ever overwritten"); };
  if (calls().rename_to_free(temporary_.c_str(), path_.c_str()) == 0) return {};
  if (errno == EEXIST) return taken();
  if (errno != EINVAL && errno != ENOSYS) return failed("naming");
  // This file system cannot do it in one step.
  if (calls().link(temporary_.c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) return taken();
    return failed("naming");
  }
  calls().unlink(temporary_.c_str());
  return {};
}

result<void> new_file::flush() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const auto n = calls().write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("writing");
    done += static_cast<std::size_t>(n);
  }
  buffer_.clear();
  return {};
}

error new_file::failed(const char* what) const { return {errc::log_io, path_ + ": " + what + ": " + std::strerror(errno)}; }

result<void> copy_durably(const std::string& from, const std::string& to) {
  auto out = new_file::create(to);
  if (!out) return out.error();
  const int fd = calls().open(from.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return error(errc::file_unreadable, from + ": " + std::strerror(errno));
  std::string piece(buffer_bytes, '\0');
  result<void> done;
  for (;;) {
    const auto n = calls().read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) done = error(errc::file_unreadable, from + ": " + std::strerror(errno));
    if (n <= 0) break;
    done = out->write(std::string_view(piece).substr(0, static_cast<std::size_t>(n)));
    if (!done) break;
  }
  calls().close(fd);
  if (!done) return done;
  return out->finish();
}

}  // namespace tomnext::persistence
