#include "persistence/key_command.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace tomnext::persistence {
namespace {

using clock = std::chrono::steady_clock;

struct pipe_end {
  int fd = -1;
  ~pipe_end() { reset(); }
  void reset() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

error failed(const std::string& why) { return {errc::log_key, "the command for the keys: " + why}; }
error too_late(std::chrono::milliseconds deadline) {
  return failed("was not done after " + std::to_string(std::chrono::duration<double>(deadline).count()).substr(0, 5) + " s, and was ended");
}

/// Until then, in milliseconds for poll; 0 where it is past.
int left_until(clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 1'000'000));
}

/// A command that was started. Whatever way it goes, nothing of it is left running, and no zombie.
class child {
 public:
  explicit child(pid_t id) : id_(id) {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    // The group's id is its first process's, which is not waited for yet: the number belongs to nobody else.
    if (id_ <= 0) return;
    ::kill(-id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {}
  }

  /// The status that it ended with. Nothing where it has not ended by then.
  bool wait_until(clock::time_point end, int& status) {
    const pipe_end d{static_cast<int>(::syscall(SYS_pidfd_open, id_, 0))};
    for (;;) {
      const auto ended = ::waitpid(id_, &status, WNOHANG);
      if (ended == id_) {
        // Processes that it left behind are not ours to wait for, and hold no key that we wait for.
        id_ = 0;
        return true;
      }
      if (ended < 0 && errno != EINTR) {
        // Somebody else has waited for it, as a process does that ignores SIGCHLD: how it ended is not known, and its number may be another's by now.
        id_ = 0;
        status = 0;
        return true;
      }
      const int left = left_until(end);
      if (left == 0) return false;
      pollfd p{d.fd, POLLIN, 0};
      // A kernel without pidfd (before 5.3) is asked again every 10 ms.
      if (d.fd >= 0) ::poll(&p, 1, left);
      else ::poll(nullptr, 0, std::min(left, 10));
    }
  }

 private:
  pid_t id_;
};

result<pid_t> spawn(const std::string& command, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t none, usual;
  ::sigemptyset(&none);
  ::sigemptyset(&usual);
  for (const int s : {SIGINT, SIGTERM, SIGPIPE}) ::sigaddset(&usual, s);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  std::string shell = "sh", option = "-c", text = command;
  char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t id = 0;
  const int why = ::posix_spawn(&id, "/bin/sh", &actions, &attributes, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (why != 0) return failed(std::string("cannot be started: ") + std::strerror(why));
  return id;
}

}  // namespace

secret_text::~secret_text() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

result<void> output_of(const std::string& command, std::chrono::milliseconds deadline, std::size_t bytes_max, secret_text& out) {
  const auto end = clock::now() + deadline;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed(std::strerror(errno));
  pipe_end from{ends[0]}, to{ends[1]};
  ::fcntl(from.fd, F_SETFL, O_NONBLOCK);
  auto id = spawn(command, to.fd);
  to.reset();
  if (!id) return id.error();
  child running(*id);
  out.bytes.assign(bytes_max + 1, '\0');  // at once: a string that grows leaves copies behind
  std::size_t done = 0;
  for (;;) {
    pollfd p{from.fd, POLLIN, 0};
    const int left = left_until(end);
    if (left == 0) return too_late(deadline);
    if (::poll(&p, 1, left) < 0 && errno != EINTR) return failed(std::strerror(errno));
    if (p.revents == 0) continue;
    const auto n = ::read(from.fd, out.bytes.data() + done, out.bytes.size() - done);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
    if (done > bytes_max) return failed("prints more than " + std::to_string(bytes_max) + " bytes");
  }
  out.bytes.resize(done);
  int status = 0;
  if (!running.wait_until(end, status)) return too_late(deadline);
  if (WIFSIGNALED(status)) return failed("was ended by signal " + std::to_string(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return failed("ended with status " + std::to_string(WEXITSTATUS(status)));
  return {};
}

}  // namespace tomnext::persistence
