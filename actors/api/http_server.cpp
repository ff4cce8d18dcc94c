// The only server-side file that knows Boost. One coroutine accepts, one serves each connection; all of them run on one thread, so that
// nothing but the answer slots needs a lock.
#include <utility>  // before Asio 1.74, which uses std::exchange without it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <signal.h>

#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "actors/api/http_server.hpp"
#include "actors/api/request_rules.hpp"

namespace tomnext::api {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;
using http_parser = http::request_parser<http::string_body>;

constexpr std::chrono::milliseconds stop_grace{1000};       // for clients to take their 503 when the server stops
constexpr std::chrono::milliseconds linger_deadline{1000};  // for a client to stop sending after a refusal
constexpr std::size_t linger_bytes_max = 1 << 20;
constexpr std::size_t refused_max = 64;                // connections beyond the limit that are told so at one time; more are just closed
constexpr std::chrono::milliseconds accept_pause{50};  // after an accept error (no file descriptors left, say)

auto on(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

/// Where the answer to one request arrives. The first offer wins, whoever makes it: handler, deadline or stop.
class answer_slot : public std::enable_shared_from_this<answer_slot> {
 public:
  explicit answer_slot(std::shared_ptr<net::io_context> io) : io_(std::move(io)) {}

  /// Any thread. Holds the io_context alive, so a responder may outlive its server.
  void answer(http_response r) {
    if (offer(std::move(r)))
      net::post(*io_, [weak = weak_from_this()] {
        if (const auto slot = weak.lock()) slot->wake();
      });
  }
  bool offer(http_response r) {
    const std::lock_guard lock(mutex_);
    if (offered_) return false;
    offered_ = true;
    response_ = std::move(r);
    return true;
  }
  bool offered() {
    const std::lock_guard lock(mutex_);
    return offered_;
  }
  http_response take() {
    const std::lock_guard lock(mutex_);
    return std::move(response_);
  }

  // The server's thread only.
  void wait_on(net::steady_timer* timer) { timer_ = timer; }
  void wake() {
    if (timer_ != nullptr) timer_->cancel();
  }

 private:
  std::shared_ptr<net::io_context> io_;
  std::mutex mutex_;
  bool offered_ = false;
  http_response response_;
  net::steady_timer* timer_ = nullptr;
};

class session;

/// What connections share. Lives on the server's thread.
struct shared_state {
  http_settings settings;
  http_handler handler;
  std::shared_ptr<net::io_context> io;
  std::set<session*> sessions;
  std::size_t refused = 0;
  bool stopping = false;
  net::steady_timer grace;  // runs while a stop waits for its clients

  shared_state(http_settings s, http_handler h) : settings(std::move(s)), handler(std::move(h)), io(std::make_shared<net::io_context>(1)), grace(*io) {}
};

/// What is wrong with a request's head, as an answer; nothing where it may go on.
std::optional<http_response> refusal_of(const http_parser::value_type& head, const std::string& correlation) {
  const auto text = [](auto view) { return std::string_view(view.data(), view.size()); };
  if (head.count(http::field::host) != 1) return problem(400, "bad_request", "a request needs exactly one Host header", correlation);
  if (!is_loopback_authority(text(head[http::field::host])))
    return problem(421, "misdirected_request", "this server answers to localhost, 127.x.x.x and [::1] only; the Host header names another", correlation);
  if (head.count(http::field::origin) != 0 && !is_loopback_origin(text(head[http::field::origin])))
    return problem(403, "origin_refused", "requests from pages of other origins are refused", correlation);
  const auto method = head.method();
  if (method == http::verb::get || method == http::verb::head || method == http::verb::post) return std::nullopt;
  auto refused = problem(405, "method_not_allowed", "the methods here are GET, HEAD and POST", correlation);
  refused.headers.emplace_back("Allow", "GET, HEAD, POST");
  return refused;
}

/// The answer to a request that could not be read; nothing where the connection is gone or its deadline passed.
std::optional<http_response> refusal_of(error_code ec, const http_settings& s, const std::string& correlation) {
  if (ec == http::error::body_limit) return problem(413, "body_too_large", "the body is larger than " + std::to_string(s.body_max) + " bytes", correlation);
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return problem(431, "header_too_large", "request line and headers are larger than " + std::to_string(s.header_max) + " bytes", correlation);
  if (ec == http::error::end_of_stream || ec == http::error::partial_message || ec.category() != http::make_error_code(http::error::bad_method).category())
    return std::nullopt;
  return problem(400, "bad_request", "not a well-formed HTTP/1.1 request: " + ec.message(), correlation);
}

/// A handler's answer may hold anything: what cannot be sent as HTTP becomes a 500 that says so.
http_response sendable(http_response r, const std::string& correlation) {
  if (r.status < 200 || r.status > 599) return problem(500, "internal_error", "the handler answered with status " + std::to_string(r.status), correlation);
  bool clean = is_header_text(r.content_type);
  for (const auto& [name, value] : r.headers)
    clean = clean && !name.empty() && is_header_text(name) && name.find_first_of(" :") == std::string::npos && is_header_text(value);
  if (!clean) return problem(500, "internal_error", "the handler answered with a malformed header", correlation);
  if (r.status == 204 || r.status == 304) r.body.clear();  // these have no body; one would be read as the next answer
  return r;
}

class session {
 public:
  session(shared_state& server, tcp::socket socket) : server_(server), stream_(std::move(socket)) { server_.sessions.insert(this); }
  ~session() {
    server_.sessions.erase(this);
    if (server_.stopping && server_.sessions.empty()) server_.grace.cancel();
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  net::awaitable<void> run() {
    bool open = true;
    while (open && !server_.stopping) open = co_await serve_one();
    co_await linger();
  }
  /// Instead of run(), for a connection beyond the limit.
  net::awaitable<void> refuse() {
    head_ = {11, false, false, fresh_correlation_id()};
    const auto limit = std::to_string(server_.settings.connections_max);
    co_await write(problem(503, "too_many_connections", "at most " + limit + " connections are served at a time", head_.correlation));
    co_await linger();
  }

  void on_stop() {
    if (phase_ == phase::reading) stream_.close();
    if (phase_ != phase::answering) return;
    slot_->offer(problem(503, "stopping", "the server is stopping", head_.correlation));
    slot_->wake();
  }
  void close() { stream_.close(); }

 private:
  enum class phase { reading, answering, writing };
  struct request_head {
    unsigned version = 11;
    bool keep_alive = false;
    bool head_only = false;
    std::string correlation;
  };

  /// Reads a request and answers it. False where the connection ends with it.
  net::awaitable<bool> serve_one() {
    phase_ = phase::reading;
    error_code ec;
    if (buffer_.size() == 0) co_await read_first_bytes(ec);
    if (ec) co_return false;

    http_parser parser;
    parser.header_limit(static_cast<std::uint32_t>(server_.settings.header_max));
    parser.body_limit(server_.settings.body_max);
    stream_.expires_after(server_.settings.header_deadline);
    co_await http::async_read_header(stream_, buffer_, parser, on(ec));
    if (ec) co_return co_await refuse_unreadable(ec);
    note_head(parser.get());
    // Strangers are refused before their body is read.
    if (auto refusal = refusal_of(parser.get(), head_.correlation)) co_return co_await refuse_with(std::move(*refusal));

    if (beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done()) {
      http::response<http::empty_body> go_on(http::status::continue_, head_.version);
      co_await http::async_write(stream_, go_on, on(ec));
      if (ec) co_return false;
    }
    stream_.expires_after(server_.settings.header_deadline);
    if (!parser.is_done()) co_await http::async_read(stream_, buffer_, parser, on(ec));
    if (ec) co_return co_await refuse_unreadable(ec);

    auto message = parser.release();
    const std::string_view target(message.target().data(), message.target().size());
    auto split = split_target(target);
    if (!split) co_return co_await refuse_with(problem(split.error(), head_.correlation));
    http_request request{std::string(message.method_string().data(), message.method_string().size()), std::move(split->path), std::move(split->query),
                         std::move(message.body()), head_.correlation};
    auto response = co_await answer(std::move(request));
    co_return co_await write(std::move(response));
  }

  /// Waits for a request to begin: idle_deadline between requests, header_deadline for the first one.
  net::awaitable<void> read_first_bytes(error_code& ec) {
    stream_.expires_after(served_any_ ? server_.settings.idle_deadline : server_.settings.header_deadline);
    const auto n = co_await stream_.async_read_some(buffer_.prepare(4096), on(ec));
    buffer_.commit(n);
  }

  void note_head(const http_parser::value_type& head) {
    const auto asked = head["X-Correlation-Id"];
    const std::string_view id(asked.data(), asked.size());
    head_ = {head.version(), head.keep_alive(), head.method() == http::verb::head, is_correlation_id(id) ? std::string(id) : fresh_correlation_id()};
  }

  /// Hands the request out and waits for the first of answer, deadline and stop.
  net::awaitable<http_response> answer(http_request request) {
    const auto slot = std::make_shared<answer_slot>(server_.io);
    net::steady_timer deadline(*server_.io);
    deadline.expires_after(server_.settings.answer_deadline);
    slot->wait_on(&deadline);
    slot_ = slot.get();
    phase_ = phase::answering;
    call_handler(std::move(request), slot);
    while (!slot->offered()) {
      error_code ec;
      co_await deadline.async_wait(on(ec));
      const auto limit = std::to_string(server_.settings.answer_deadline.count());
      if (!ec) slot->offer(problem(503, "no_answer", "no answer within " + limit + " ms", head_.correlation));
    }
    slot->wait_on(nullptr);
    slot_ = nullptr;
    co_return sendable(slot->take(), head_.correlation);
  }

  void call_handler(http_request request, const std::shared_ptr<answer_slot>& slot) {
    try {
      server_.handler(std::move(request), [slot](http_response r) { slot->answer(std::move(r)); });
    } catch (const std::exception& e) {
      slot->offer(problem(500, "internal_error", std::string("the handler failed: ") + e.what(), head_.correlation));
    } catch (...) { slot->offer(problem(500, "internal_error", "the handler failed", head_.correlation)); }
  }

  /// False where the connection ends here.
  net::awaitable<bool> write(http_response r) {
    phase_ = phase::writing;
    http::response<http::string_body> message(static_cast<http::status>(r.status), head_.version);
    message.set(http::field::server, "tomnext");
    message.set(http::field::content_type, r.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    message.set("X-Correlation-Id", head_.correlation);
    for (const auto& [name, value] : r.headers) message.set(name, value);
    message.keep_alive(head_.keep_alive && !server_.stopping);
    if (r.status != 204 && r.status != 304) message.content_length(r.body.size());
    if (!head_.head_only) message.body() = std::move(r.body);
    stream_.expires_after(server_.settings.idle_deadline);
    error_code ec;
    co_await http::async_write(stream_, message, on(ec));
    served_any_ = true;
    co_return !ec && message.keep_alive();
  }

  net::awaitable<bool> refuse_with(http_response r) {
    head_.keep_alive = false;  // the rest of the request was not read, so the next one cannot be found
    co_return co_await write(std::move(r));
  }
  net::awaitable<bool> refuse_unreadable(error_code ec) {
    head_ = {11, false, false, fresh_correlation_id()};
    auto refusal = refusal_of(ec, server_.settings, head_.correlation);
    if (!refusal) co_return false;
    co_return co_await write(std::move(*refusal));
  }

  /// Closing while the client still sends would reset the connection and lose the answer on its way: read on for a bounded while.
  net::awaitable<void> linger() {
    phase_ = phase::reading;
    error_code ec;
    if (!stream_.socket().is_open() || server_.stopping) co_return;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
    stream_.expires_after(linger_deadline);
    std::array<char, 4096> scratch;
    for (std::size_t total = 0; !ec && total < linger_bytes_max;) total += co_await stream_.async_read_some(net::buffer(scratch), on(ec));
  }

  shared_state& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  phase phase_ = phase::reading;
  bool served_any_ = false;
  request_head head_;
  answer_slot* slot_ = nullptr;  // while answering; the coroutine owns it
};

net::awaitable<void> serve(shared_state& server, tcp::socket socket) {
  session connection(server, std::move(socket));
  co_await connection.run();
}

net::awaitable<void> refuse(shared_state& server, tcp::socket socket) {
  struct counted {
    std::size_t& n;
    explicit counted(std::size_t& counter) : n(counter) { ++n; }
    ~counted() { --n; }
  } const count(server.refused);
  session connection(server, std::move(socket));
  co_await connection.refuse();
}

net::awaitable<void> accept_all(shared_state& server, tcp::acceptor& acceptor) {
  while (acceptor.is_open()) {
    tcp::socket socket(*server.io);
    error_code ec;
    co_await acceptor.async_accept(socket, on(ec));
    if (server.stopping) co_return;
    if (ec) {
      net::steady_timer pause(*server.io);
      pause.expires_after(accept_pause);
      co_await pause.async_wait(on(ec));
      continue;
    }
    socket.set_option(tcp::no_delay(true), ec);
    if (server.sessions.size() - server.refused < server.settings.connections_max) net::co_spawn(*server.io, serve(server, std::move(socket)), net::detached);
    else if (server.refused < refused_max) net::co_spawn(*server.io, refuse(server, std::move(socket)), net::detached);
  }
}

result<void> check(const http_settings& s) {
  const auto bad = [](const std::string& what) { return error(errc::configuration_value, "HTTP server: " + what); };
  if (s.connections_max < 1 || s.connections_max > 10'000) return bad("connections_max is " + std::to_string(s.connections_max) + ", allowed are 1 to 10000");
  if (s.header_max < 256 || s.header_max > (1 << 20)) return bad("header_max is " + std::to_string(s.header_max) + " bytes, allowed are 256 to 1048576");
  if (s.body_max > (64u << 20)) return bad("body_max is " + std::to_string(s.body_max) + " bytes, allowed are up to 67108864");
  const std::chrono::milliseconds shortest{1};
  if (s.header_deadline < shortest || s.answer_deadline < shortest || s.idle_deadline < shortest) return bad("deadlines must be at least 1 ms");
  return {};
}

result<net::ip::address> loopback_address(const std::string& text) {
  error_code ec;
  const auto address = net::ip::make_address(text == "localhost" ? "127.0.0.1" : text, ec);
  if (ec) return error(errc::configuration_value, "HTTP server: \"" + text + "\" is no IP address; allowed are 127.0.0.1, ::1 and localhost");
  if (address.is_loopback()) return address;
  return error(errc::configuration_value, "HTTP server: refusing to listen on " + text +
                                              ": there is no TLS and no authentication yet, so everybody who "
                                              "reaches the port could command the node; listen on 127.0.0.1 and come through an SSH tunnel");
}

}  // namespace

struct http_server::core {
  shared_state state;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::thread thread;
  std::mutex joining;

  core(const http_settings& s, http_handler h) : state(s, std::move(h)), acceptor(*state.io) {}

  result<void> listen(const net::ip::address& address) {
    const tcp::endpoint wanted(address, state.settings.port);
    error_code ec;
    acceptor.open(wanted.protocol(), ec);
    if (!ec) acceptor.set_option(net::socket_base::reuse_address(true), ec);  // only lets a restart pass its own connections in TIME_WAIT
    if (!ec) acceptor.bind(wanted, ec);
    if (!ec) acceptor.listen(net::socket_base::max_listen_connections, ec);
    if (!ec) port = acceptor.local_endpoint(ec).port();
    if (!ec) return {};
    const std::string where = "HTTP server: " + address.to_string() + " port " + std::to_string(state.settings.port);
    if (ec == net::error::address_in_use)
      return error(errc::network_io, where + " is in use by another program (or another node); choose another port, or 0 for any free one");
    return error(errc::network_io, where + ": " + ec.message());
  }

  void begin_stop() {
    if (std::exchange(state.stopping, true)) return;
    error_code ec;
    acceptor.close(ec);
    if (state.sessions.empty()) return;
    state.grace.expires_after(stop_grace);
    state.grace.async_wait([this](error_code cancelled) {
      if (cancelled) return;
      for (auto* s : state.sessions) s->close();
    });
    for (auto* s : state.sessions) s->on_stop();
  }
};

http_server::http_server(std::unique_ptr<core> c) : core_(std::move(c)) {}

http_server::~http_server() { stop(); }

std::uint16_t http_server::port() const { return core_->port; }

result<std::unique_ptr<http_server>> http_server::start(const http_settings& settings, http_handler handler) {
  if (!handler) return error(errc::invalid_argument, "HTTP server: no handler");
  TOMNEXT_TRY(check(settings));
  const auto address = loopback_address(settings.address);
  if (!address) return address.error();
  auto c = std::make_unique<core>(settings, std::move(handler));
  TOMNEXT_TRY(c->listen(*address));
  net::co_spawn(*c->state.io, accept_all(c->state, c->acceptor), net::detached);
  // Signals belong to the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  c->thread = std::thread([io = c->state.io] { io->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::unique_ptr<http_server>(new http_server(std::move(c)));
}

void http_server::stop() {
  net::post(*core_->state.io, [c = core_.get()] { c->begin_stop(); });
  if (std::this_thread::get_id() == core_->thread.get_id()) return;
  const std::lock_guard lock(core_->joining);
  if (core_->thread.joinable()) core_->thread.join();
}

}  // namespace tomnext::api
