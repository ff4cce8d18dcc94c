// What the process tells whoever started it as a service: the notification protocol of systemd, sd_notify(3), without its library.
#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace tomnext::app {

/// Nobody to tell, where NOTIFY_SOCKET is not set. A message that cannot be sent is dropped: the manager's deadline is the safeguard.
class service_manager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so that no command that the node starts speaks for it.
  static service_manager from_environment();
  ~service_manager();
  service_manager(service_manager&& other) noexcept;
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;
  service_manager& operator=(service_manager&&) = delete;

  /// Lines such as "READY=1" or "STATUS=recovering"; several at once are separated by line feeds.
  void tell(const std::string& lines) const;
  /// How often "WATCHDOG=1" is due: half of what the manager waits for it. Nothing where it watches nobody, or another process.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_every() const { return watchdog_every_; }
  [[nodiscard]] bool listens() const { return socket_ >= 0; }

 private:
  service_manager() = default;
  int socket_ = -1;
  std::optional<std::chrono::milliseconds> watchdog_every_;
};

}  // namespace tomnext::app
