// Runs a program as a user would: arguments in, stdout, stderr and the exit code out.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tomnext::tests {

struct finished_process {
  int exit_code = -1;    ///< 128 + signal where a signal ended it, as a shell counts
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
      if (n > 0) { texts[i]->append(buffer.data(), static_cast<std::size_t>(n)); continue; }
      close(open[i].fd);
      open[i].fd = -1;
      --left;
    }
  }
}
}  // namespace detail

/// Runs to the end. `started` gets the process id while it runs (to send it a signal, say). `folder`: where it runs; empty: here.
inline finished_process run_process(const std::string& program, const std::vector<std::string>& arguments, const std::string& folder = "",
                                    const std::function<void(pid_t)>& started = {}) {
  std::vector<std::string> all{program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& a : all) argv.push_back(a.data());
  argv.push_back(nullptr);
  detail::pipe_ends out, err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out.write_end);
  close(err.write_end);
  if (failed != 0) throw std::runtime_error(program + " cannot be started");
  if (started) started(child);
  finished_process p;
  detail::drain(out.read_end, err.read_end, p);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {}
  p.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return p;
}

}  // namespace tomnext::tests
