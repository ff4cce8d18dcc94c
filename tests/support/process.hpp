// Runs a program as a user would: arguments in, stdout, stderr and the exit code out.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tomnext::tests {

/// Asks until it is so, every few milliseconds, up to the deadline: for what happens in another process or on another thread. False at the deadline.
template <class Condition> bool eventually(Condition&& condition, std::chrono::milliseconds deadline = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct finished_process {
  int exit_code = -1;  ///< 128 + signal where a signal ended it, as a shell counts
  std::string out, err;
};

namespace detail {
struct pipe_ends {
  int read_end = -1, write_end = -1;
  pipe_ends() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read_end = ends[0];
    write_end = ends[1];
  }
};

// Both streams at once, so that a full pipe never blocks the child for good.
inline void drain(int out_fd, int err_fd, finished_process& p) {
  std::array<pollfd, 2> open{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&p.out, &p.err};
  std::array<char, 65536> buffer{};
  for (int left = 2; left > 0;) {
    if (poll(open.data(), open.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (open[i].fd < 0 || open[i].revents == 0) continue;
      const auto n = read(open[i].fd, buffer.data(), buffer.size());
      if (n > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(n));
        continue;
      }
      close(open[i].fd);
      open[i].fd = -1;
      --left;
    }
  }
}

/// Starts it with these descriptors as stdout and stderr, and nothing as stdin.
inline pid_t start(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder, int out, int err) {
  std::vector<std::string> all{program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& a : all) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error(program + " cannot be started");
  return child;
}

inline int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
}  // namespace detail

/// Runs to the end. `started` gets the process id while it runs (to send it a signal, say). `folder`: where it runs; empty: here.
inline finished_process run_process(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder = "",
                                    const std::function<void(pid_t)>& started = {}) {
  detail::pipe_ends out, err;
  const pid_t child = detail::start(program, arguments, folder, out.write_end, err.write_end);
  close(out.write_end);
  close(err.write_end);
  if (started) started(child);
  finished_process p;
  detail::drain(out.read_end, err.read_end, p);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {}
  p.exit_code = detail::exit_code_of(status);
  return p;
}

/// Runs beside the test. Its output goes to memory, so it never blocks, and can be read while it runs. Killed and reaped with this object at the latest.
class background_process {
 public:
  background_process(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder = "")
      : out_(memfd_create("stdout", MFD_CLOEXEC)), err_(memfd_create("stderr", MFD_CLOEXEC)) {
    if (out_ < 0 || err_ < 0) throw std::runtime_error("memfd_create");
    child_ = detail::start(program, arguments, folder, out_, err_);
  }
  ~background_process() {
    if (!ended()) {
      send(SIGKILL);
      while (waitpid(child_, &status_, 0) < 0) {}
    }
    close(out_);
    close(err_);
  }
  background_process(const background_process&) = delete;
  background_process& operator=(const background_process&) = delete;

  void send(int signal_number) const { ::kill(child_, signal_number); }
  /// True once it is over, however it ended.
  [[nodiscard]] bool ended() {
    if (!ended_) ended_ = waitpid(child_, &status_, WNOHANG) == child_;
    return ended_;
  }
  /// What it wrote so far.
  [[nodiscard]] std::string out() const { return text_of(out_); }
  [[nodiscard]] std::string err() const { return text_of(err_); }
  /// Waits for its end. At the deadline it is killed, and the exit code says so.
  finished_process wait(std::chrono::milliseconds deadline = std::chrono::seconds(120)) {
    if (!eventually([this] { return ended(); }, deadline)) {
      send(SIGKILL);
      while (waitpid(child_, &status_, 0) < 0) {}
      ended_ = true;
    }
    return {detail::exit_code_of(status_), out(), err()};
  }

 private:
  static std::string text_of(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
  }
  int out_, err_;
  pid_t child_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace tomnext::tests
