// The node under a service manager: what it tells on the notification socket, as systemd would hear it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

/// A datagram socket at a path, as the manager has it.
class manager_socket {
 public:
  explicit manager_socket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un here{};
    here.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof here.sun_path);
    std::memcpy(here.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0);
  }
  ~manager_socket() { ::close(socket_); }
  manager_socket(const manager_socket&) = delete;
  manager_socket& operator=(const manager_socket&) = delete;
  /// The next message; empty where none comes within the time.
  [[nodiscard]] std::string next(int milliseconds) const {
    pollfd p{socket_, POLLIN, 0};
    if (::poll(&p, 1, milliseconds) <= 0) return {};
    std::array<char, 512> text{};
    const auto n = ::recv(socket_, text.data(), text.size(), 0);
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : std::string();
  }

 private:
  int socket_;
};

class environment {
 public:
  environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~environment() { ::unsetenv(name_); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a node tells its service manager when it is ready, that it lives, and that it stops") {
  scratch_folder f;
  const manager_socket manager(f / "notify");
  std::unique_ptr<live_node> n;
  {
    const environment socket("NOTIFY_SOCKET", f / "notify"), every("WATCHDOG_USEC", "400000");
    n = std::make_unique<live_node>(demo_file(), f / "log", std::vector<std::string>{"--port", "0", "--stay"});
  }
  int alive = 0;
  bool ready = false;
  for (int messages = 0; messages < 200 && (!ready || alive < 3); ++messages) {
    const auto text = manager.next(20'000);
    REQUIRE_FALSE(text.empty());
    if (text == "WATCHDOG=1") ++alive;
    if (text == "READY=1\nSTATUS=running") {
      CHECK_FALSE(ready);  // told once
      ready = true;
      CHECK(n->ready());
    }
  }
  CHECK(ready);
  CHECK(alive >= 3);
  n->process().send(SIGTERM);
  std::string text = "WATCHDOG=1";
  while (text == "WATCHDOG=1") text = manager.next(20'000);
  CHECK(text == "STOPPING=1");
  CHECK(n->process().wait().exit_code == 130);
}

TEST_CASE("a node whose notification socket is nobody's runs all the same") {
  scratch_folder f;
  const environment socket("NOTIFY_SOCKET", f / "nobody"), every("WATCHDOG_USEC", "nonsense");
  CHECK(run_to_end(demo_file(), f / "log")["final_balance"] == "962062.51");
}
