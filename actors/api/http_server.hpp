// A small HTTP/1.1 server behind a plain interface: one thread, everything bounded, loopback only.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "actors/api/http_message.hpp"
#include "domain/base/result.hpp"

namespace tomnext::api {

struct http_settings {
  std::string address = "127.0.0.1";                ///< a loopback address; others are refused while there is neither TLS nor authentication
  std::uint16_t port = 0;                           ///< 0: any free one
  std::size_t connections_max = 256;                ///< beyond: 503 and closed
  std::size_t body_max = 64 * 1024;                 ///< bytes; beyond: 413
  std::size_t header_max = 8 * 1024;                ///< bytes of request line and headers; beyond: 431
  std::chrono::milliseconds header_deadline{5000};  ///< from the first byte of a request to the end of its headers, and again for its body
  std::chrono::milliseconds answer_deadline{2000};  ///< for the handler; beyond: 503
  std::chrono::milliseconds idle_deadline{15000};   ///< between requests of one connection, and for a client to take an answer
};

/// Deadlines are absolute: a client that sends a byte now and then does not move them.
/// Served are GET, HEAD and POST. Requests whose Host (or Origin, where there is one) is no loopback name are refused, so that a web page in
/// the operator's browser reaches nothing; there is no CORS.
class http_server {
 public:
  /// Listens and serves from here on. errc::configuration_value for settings that cannot be, errc::network_io where the port is taken.
  static result<std::unique_ptr<http_server>> start(const http_settings& settings, http_handler handler);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Takes no further connections, answers 503 to requests in flight, gives clients a second to take it, and joins the thread.
  /// Responders that are called later do nothing. From inside a handler it only begins; the destructor joins.
  void stop();

 private:
  struct core;
  explicit http_server(std::unique_ptr<core> c);
  std::unique_ptr<core> core_;
};

}  // namespace tomnext::api
