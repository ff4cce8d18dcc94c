#include <utility>  // before Asio 1.74, which uses std::exchange without it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "actors/api/http_client.hpp"
#include "actors/api/request_rules.hpp"

namespace tomnext::api {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;

struct loopback_url {
  tcp::endpoint endpoint;
  std::string authority;
  std::string target;
};

result<loopback_url> parse(const std::string& url) {
  const auto bad = [&](const std::string& what) { return error(errc::invalid_argument, "\"" + url + "\": " + what); };
  static constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return bad("a URL here begins with http:// (https is not served yet)");
  const auto slash = url.find('/', scheme.size());
  const std::string authority = url.substr(scheme.size(), slash == std::string::npos ? slash : slash - scheme.size());
  const std::string target = slash == std::string::npos ? "/" : url.substr(slash);
  if (!is_loopback_authority(authority)) return bad("the host must be localhost, 127.x.x.x or [::1], with or without a port: there is no TLS to go further");
  if (!is_header_text(target) || target.find_first_of(" #") != std::string::npos) return bad("blanks, '#' and control characters must be written as %XX");
  const bool six = authority.starts_with('[');
  const auto colon = authority.find(':', six ? authority.find(']') : 0);
  const std::string host = six ? "::1" : authority.substr(0, colon);
  const auto port = colon == std::string::npos ? 80 : std::stoi(authority.substr(colon + 1));  // 1 to 65535, or is_loopback_authority had refused it
  error_code ec;
  auto address = net::ip::make_address(host, ec);
  if (ec) address = net::ip::make_address("127.0.0.1");  // "localhost", in any case
  return loopback_url{tcp::endpoint(address, static_cast<std::uint16_t>(port)), authority, target};
}

/// Why a request failed, in the words of the one who typed it.
error failure(const loopback_url& url, error_code ec, std::chrono::milliseconds deadline) {
  const auto say = [&](errc code, const std::string& what) { return error(code, "http://" + url.authority + url.target + ": " + what); };
  if (ec == beast::error::timeout) return say(errc::timed_out, "no answer within " + std::to_string(deadline.count()) + " ms");
  if (ec == net::error::connection_refused) return say(errc::network_io, "nothing listens there; is the node running, and is this its port?");
  if (ec == http::error::body_limit || ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return say(errc::network_io, "the answer is larger than " + std::to_string(answer_bytes_max) + " bytes, or its headers than 16384");
  if (ec == http::error::end_of_stream || ec == http::error::partial_message || ec == net::error::connection_reset || ec == net::error::broken_pipe)
    return say(errc::network_io, "the connection was closed before the answer was complete; is this the node's HTTP port?");
  if (ec.category() == http::make_error_code(http::error::bad_method).category())
    return say(errc::network_io, "what listens there does not speak HTTP: " + ec.message());
  return say(errc::network_io, ec.message());
}

using request_message = http::request<http::string_body>;

/// The whole exchange under one deadline: expires_after is not renewed.
net::awaitable<void> exchange(const loopback_url& url, request_message& request, std::chrono::milliseconds deadline,
                              http::response_parser<http::string_body>& parser, error_code& ec) {
  beast::tcp_stream stream(co_await net::this_coro::executor);
  stream.expires_after(deadline);
  co_await stream.async_connect(url.endpoint, net::redirect_error(net::use_awaitable, ec));
  if (ec) co_return;
  co_await http::async_write(stream, request, net::redirect_error(net::use_awaitable, ec));
  if (ec == beast::error::timeout) co_return;
  // A server that refuses early has answered already, although it did not take the whole request: read its answer in any case.
  beast::flat_buffer buffer;
  co_await http::async_read(stream, buffer, parser, net::redirect_error(net::use_awaitable, ec));
}

result<http_response> run(const loopback_url& url, request_message request, std::chrono::milliseconds deadline) {
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "tomnext");
  request.keep_alive(false);
  request.prepare_payload();
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  parser.header_limit(16 * 1024);
  error_code ec;
  net::io_context io(1);
  net::co_spawn(io, exchange(url, request, deadline, parser, ec), net::detached);
  io.run();
  if (ec) return failure(url, ec, deadline);
  auto message = parser.release();
  http_response response;
  response.status = message.result_int();
  response.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message)
    if (field.name() != http::field::content_type) response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  response.body = std::move(message.body());
  return response;
}

result<http_response> perform(http::verb method, const std::string& url, std::string body, std::chrono::milliseconds deadline) {
  const auto to = parse(url);
  if (!to) return to.error();
  if (deadline <= std::chrono::milliseconds(0)) return error(errc::invalid_argument, "a deadline must be above 0 ms");
  request_message request(method, to->target, 11);
  if (method == http::verb::post) request.set(http::field::content_type, "application/json");
  request.body() = std::move(body);
  try {
    return run(*to, std::move(request), deadline);
  } catch (const std::exception& e) {  // no file descriptors or no memory left: Asio throws when it sets itself up
    return error(errc::network_io, url + ": " + e.what());
  }
}

}  // namespace

result<http_response> http_get(const std::string& url, std::chrono::milliseconds deadline) { return perform(http::verb::get, url, {}, deadline); }

result<http_response> http_post(const std::string& url, std::string body, std::chrono::milliseconds deadline) {
  return perform(http::verb::post, url, std::move(body), deadline);
}

}  // namespace tomnext::api
