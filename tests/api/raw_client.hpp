// Plain sockets for tests of HTTP: bytes as they are, strict reading of answers, every wait with an end.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tomnext::tests {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct raw_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// One TCP connection. Reads give up after `patience`.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, milliseconds patience = milliseconds(10'000))
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), patience_(patience) {
    const auto address = loopback(port);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close_now();
  }
  explicit raw_client(int fd) : fd_(fd) {}
  raw_client(raw_client&& o) noexcept : fd_(std::exchange(o.fd_, -1)), patience_(o.patience_), read_(std::move(o.read_)) {}
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client() { close_now(); }

  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { shutdown(fd_, SHUT_WR); }
  void close_now() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  /// True where bytes or the end of the connection are there to read within that time.
  bool readable_within(milliseconds time) const {
    pollfd p{fd_, POLLIN, 0};
    return poll(&p, 1, static_cast<int>(time.count())) > 0;
  }

  /// One answer, by its Content-Length; without a body where it answers HEAD. Nothing where the connection ends, the wait does, or it is not HTTP.
  enum class asked { with_body, head_only };
  std::optional<raw_answer> answer(asked what = asked::with_body) {
    std::size_t end = 0;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return std::nullopt;
    auto parsed = parse_head(std::string_view(read_).substr(0, end + 2));
    read_.erase(0, end + 4);
    if (!parsed) return std::nullopt;
    if (what == asked::head_only || parsed->status == 100) return parsed;
    const auto length = parsed->headers.contains("content-length") ? std::stoul(parsed->headers["content-length"]) : 0;
    while (read_.size() < length)
      if (!more()) return std::nullopt;
    parsed->body = read_.substr(0, length);
    read_.erase(0, length);
    return parsed;
  }

  /// All bytes until the other side closes; nothing where it does not within the patience.
  std::optional<std::string> all() {
    const auto until = steady::now() + patience_;
    while (steady::now() < until)
      if (!more()) return ended_ ? std::optional(std::move(read_)) : std::nullopt;
    return std::nullopt;
  }
  bool ends() { return all().has_value(); }
  /// Ends by the other side's close, not by its reset: then nothing that it sent was lost.
  bool ends_cleanly() { return ends() && !reset_; }
  std::string read_some() {
    more();
    return std::exchange(read_, {});
  }

 private:
  bool more() {
    if (!readable_within(patience_)) return false;
    char bytes[16384];
    const auto n = recv(fd_, bytes, sizeof bytes, 0);
    ended_ = n <= 0;
    reset_ = n < 0;
    if (n > 0) read_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  static std::optional<raw_answer> parse_head(std::string_view head) {
    raw_answer a;
    const auto line_end = head.find("\r\n");
    const auto first = head.substr(0, line_end);
    if (!first.starts_with("HTTP/1.") || first.size() < 12) return std::nullopt;
    a.status = static_cast<unsigned>(std::stoul(std::string(first.substr(9, 3))));
    head.remove_prefix(line_end + 2);
    while (!head.empty()) {
      const auto end = head.find("\r\n");
      const auto line = head.substr(0, end);
      const auto colon = line.find(": ");
      if (colon == std::string_view::npos) return std::nullopt;
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (!a.headers.emplace(name, line.substr(colon + 2)).second) return std::nullopt;  // no header of ours may come twice
      head.remove_prefix(end + 2);
    }
    return a;
  }

  int fd_;
  milliseconds patience_{10'000};
  std::string read_;
  bool ended_ = false;
  bool reset_ = false;
};

/// A listening socket that does what the test says.
class raw_listener {
 public:
  raw_listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd_, 16) == 0) getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  raw_listener(const raw_listener&) = delete;
  raw_listener& operator=(const raw_listener&) = delete;
  ~raw_listener() { close(fd_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  raw_client accept_one() { return raw_client(accept(fd_, nullptr, nullptr)); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

inline std::string get(std::string_view path, std::string_view more_headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view more_headers = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more_headers) +
         "\r\n" + std::string(body);
}

inline std::size_t open_descriptors() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

/// Asks again until it holds, or the patience ends.
template <class Condition> bool eventually(Condition condition, milliseconds patience = milliseconds(10'000)) {
  const auto until = steady::now() + patience;
  while (!condition()) {
    if (steady::now() > until) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace tomnext::tests
