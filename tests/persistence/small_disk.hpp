// A file system of a few megabytes, so that a full disk is a real one.
#pragma once
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

#include "tests/persistence/log_fixture.hpp"

namespace tomnext::tests {

/// A tmpfs in a folder of its own. Mounting needs root: where the machine forbids it, `mounted` is false, and the test says so and ends.
class small_disk {
 public:
  explicit small_disk(std::size_t bytes) {
    const auto size = "size=" + std::to_string(bytes);
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) == 0;
    if (!mounted_) WARN("skipped: a small tmpfs cannot be mounted here (" << std::strerror(errno) << "); run as root");
  }
  ~small_disk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::string operator/(const std::string& below) const { return folder_ / below; }
  [[nodiscard]] std::uint64_t free_bytes() const { return fs::space(folder_.path()).available; }
  /// Fills the disk with a file of somebody else until only so many bytes are free.
  void fill_up_to(std::uint64_t left) const {
    std::ofstream out(*this / "somebody_else", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    while (free_bytes() > left && out.write(page.data(), static_cast<std::streamsize>(page.size())) && out.flush()) {}
  }

 private:
  temporary_folder folder_;
  bool mounted_;
};

}  // namespace tomnext::tests
