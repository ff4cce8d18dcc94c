// A table of paths: which handler serves which method of which path.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/api/http_message.hpp"
#include "domain/base/result.hpp"

namespace tomnext::api {

/// What stood in the {name} parts of the pattern.
using path_parameters = std::map<std::string, std::string, std::less<>>;
using route_handler = std::function<void(const http_request&, const path_parameters&, responder)>;

/// Fill it, then hand it to http_server::start as the handler. Not changed afterwards, so it needs no lock.
class router {
 public:
  /// `pattern` like "/api/v1/{service}/state": a part in braces matches any one part that is not empty. Where several patterns match a path, a literal part
  /// wins over a {name}, earlier parts first. GET serves HEAD as well.
  /// errc::invalid_argument for methods other than GET and POST, malformed patterns, and a second handler for the same method and pattern.
  result<void> add(const std::string& method, const std::string& pattern, route_handler handler);

  /// Calls the handler of the path, or answers 404 or 405 (with Allow) in the envelope.
  void operator()(http_request request, responder respond) const;

 private:
  struct route {
    std::vector<std::string> parts;  ///< a {name} keeps its braces
    std::map<std::string, route_handler> handlers;
  };
  [[nodiscard]] const route* find(const std::vector<std::string_view>& parts) const;
  std::vector<route> routes_;
};

}  // namespace tomnext::api
