#include "persistence/key_file.hpp"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/log_keys.hpp"

namespace tomnext::persistence {
namespace {

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// Looks at the file that is open, not at its name: what is checked is what is read.
result<std::size_t> checked_size(int fd, const std::string& path) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) return error(errc::log_key, path + ": " + std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return error(errc::log_key, path + ": keys lie in a regular file, and this is none");
  if (s.st_uid != ::geteuid()) return error(errc::log_key, path + ": the file with the keys belongs to another user; it must be this process's user's");
  if ((s.st_mode & 077) != 0)
    return error(errc::log_key,
                 path + ": others than its owner may read or write the keys; make it `chmod 600`, and give the log a new key if others could read it");
  if (s.st_size > static_cast<off_t>(log_keys_text_max))
    return error(errc::log_key, path + ": has " + std::to_string(s.st_size) + " bytes; keys have at most " + std::to_string(log_keys_text_max));
  return static_cast<std::size_t>(s.st_size);
}

/// Of two that add a key at once one would be lost, with all that it has encrypted by then: the second is refused.
class key_file_lock {
 public:
  key_file_lock() = default;
  key_file_lock(const key_file_lock&) = delete;
  key_file_lock& operator=(const key_file_lock&) = delete;
  ~key_file_lock() {
    if (fd_ >= 0) ::close(fd_);
  }
  result<void> take(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd_ < 0) return error(errc::log_key, path + ": the file with the keys cannot be changed: " + std::strerror(errno));
    auto safe = checked_size(fd_, path);
    if (!safe) return safe.error();
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    struct stat locked {
    }, named{};
    const bool held = ::fcntl(fd_, F_OFD_SETLK, &whole) == 0 && ::fstat(fd_, &locked) == 0 && ::stat(path.c_str(), &named) == 0;
    // It may have been replaced between the opening and the lock.
    if (held && locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) return {};
    return error(errc::log_locked, path + ": somebody else adds a key to it; look at what it has, and try again");
  }

 private:
  int fd_ = -1;
};

/// What an earlier call that was killed has left has keys in it too. Nobody writes one now: the lock is ours.
result<void> remove_unfinished(const std::string& path) {
  const std::filesystem::path at(path);
  std::error_code bad;
  for (auto it = std::filesystem::directory_iterator(at.parent_path(), bad); !bad && it != std::filesystem::directory_iterator(); it.increment(bad))
    if (is_temporary_of(it->path().filename().string(), at.filename().string())) TOMNEXT_TRY(remove_durably(it->path().string()));
  return bad ? result<void>(error(errc::log_io, path + ": " + bad.message())) : result<void>{};
}

}  // namespace

result<void> read_secret_file(const std::string& path, secret_text& text) {
  // Opening a pipe would wait for its other end.
  const descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (d.fd < 0) return error(errc::log_key, path + ": the file with the keys cannot be read: " + std::strerror(errno));
  auto size = checked_size(d.fd, path);
  if (!size) return size.error();
  text.bytes.resize(log_keys_text_max + 1);  // at once: a string that grows leaves copies behind
  std::size_t done = 0;
  while (done < text.bytes.size()) {
    const auto n = ::read(d.fd, text.bytes.data() + done, text.bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::log_key, path + ": " + std::strerror(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done > log_keys_text_max) return error(errc::log_key, path + ": keys have at most " + std::to_string(log_keys_text_max) + " bytes");
  text.bytes.resize(done);
  return {};
}

result<std::uint32_t> add_key(const std::string& path) {
  secret_text text;
  std::uint32_t id = 1;
  std::error_code bad, not_there;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, not_there));
  key_file_lock lock;
  if (there) {
    TOMNEXT_TRY(lock.take(path));
    TOMNEXT_TRY(read_secret_file(path, text));
    auto ring = key_ring::parse(text.bytes, path);
    if (!ring) return ring.error();
    if ((*ring)->newest()->id == UINT32_MAX || (*ring)->size() == log_keys_max)
      return error(errc::log_key, path + ": has as many keys, or as high an id, as there can be");
    id = (*ring)->newest()->id + 1;
  }
  log_key made;
  if (RAND_priv_bytes(made.secret.data(), static_cast<int>(made.secret.size())) != 1) return error(errc::log_key, "the system gives no random numbers");
  secret_text out, hex;
  out.bytes.reserve(text.bytes.size() + 256);
  out.bytes = text.bytes;
  if (!out.bytes.empty() && out.bytes.back() != '\n') out.bytes += '\n';
  if (!there) out.bytes += "# Keys of encrypted logs. What they encrypted is lost with them: keep a copy apart from the log and from its backups.\n";
  hex.bytes = to_hex(std::string_view(reinterpret_cast<const char*>(made.secret.data()), made.secret.size()));
  out.bytes += std::to_string(id) + " ";
  out.bytes += hex.bytes;
  out.bytes += '\n';
  if (out.bytes.size() > log_keys_text_max) return error(errc::log_key, path + ": keys have at most " + std::to_string(log_keys_text_max) + " bytes");
  // A link would be replaced by a file, and its target would be without the new key.
  const auto target = there ? std::filesystem::canonical(path, bad).string() : path;
  if (bad) return error(errc::log_key, path + ": " + bad.message());
  TOMNEXT_TRY(there ? write_durably(target, out.bytes) : write_new_durably(target, out.bytes, 0600));
  if (there) TOMNEXT_TRY(remove_unfinished(target));
  return id;
}

}  // namespace tomnext::persistence
