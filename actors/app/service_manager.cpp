#include "actors/app/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tomnext::app {
namespace {

std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  const std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t n = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// A datagram socket that is connected there; below 0 where there is none. A path that begins with '@' is in the abstract namespace.
int connected_to(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@')) return -1;
  std::memcpy(to.sun_path, path.data(), path.size());
  if (path[0] == '@') to.sun_path[0] = '\0';
  const int s = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return -1;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (::connect(s, reinterpret_cast<const sockaddr*>(&to), length) == 0) return s;
  ::close(s);
  return -1;
}

}  // namespace

service_manager service_manager::from_environment() {
  service_manager m;
  m.socket_ = connected_to(taken_from_environment("NOTIFY_SOCKET"));
  const auto usec = number(taken_from_environment("WATCHDOG_USEC"));
  const auto pid = number(taken_from_environment("WATCHDOG_PID"));
  if (m.socket_ >= 0 && usec && *usec > 0 && (!pid || *pid == ::getpid()))
    m.watchdog_every_ = std::chrono::milliseconds(std::max<std::int64_t>(*usec / 2'000, 1));
  return m;
}

service_manager::service_manager(service_manager&& other) noexcept : socket_(std::exchange(other.socket_, -1)), watchdog_every_(other.watchdog_every_) {}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::tell(const std::string& lines) const {
  if (socket_ >= 0) (void)!::send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL);
}

}  // namespace tomnext::app
