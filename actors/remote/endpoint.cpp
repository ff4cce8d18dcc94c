// raw clock in this file: deadlines of sockets, on a thread of its own that no simulation runs; what is decided by them is decided in session.cpp.
#include "actors/remote/endpoint.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "actors/runtime/jitter.hpp"
#include "persistence/thread_name.hpp"

namespace tomnext::remote {
namespace {

using clock = std::chrono::steady_clock;
using step = tls_stream::step;
constexpr std::size_t read_bytes = 64 << 10, reads_per_turn = 16;
constexpr std::size_t output_bytes_max = 2 * frame_bytes_max;
constexpr std::size_t refused_address_max = 64;

error system_error(const std::string& doing) { return {errc::network_io, doing + ": " + std::strerror(errno)}; }

result<sockaddr_in> address_of(const endpoint_settings& s) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(s.port);
  if (::inet_pton(AF_INET, s.address.c_str(), &a.sin_addr) != 1)
    return error(errc::configuration_value, "'" + s.address.substr(0, refused_address_max) + "' is no IPv4 address such as 10.0.0.7");
  return a;
}

}  // namespace

std::string to_json(const endpoint_figures& f) {
  std::string refused;
  for (std::size_t i = 1; i < refusal_kinds; ++i)
    refused += (refused.empty() ? "\"" : ",\"") + std::string(word_of(static_cast<refusal>(i))) + "\":" + std::to_string(f.refused[i]);
  const auto number = [](const char* name, std::uint64_t n) { return ",\"" + std::string(name) + "\":" + std::to_string(n); };
  return "{\"refused\":{" + refused + "}" + number("connections", f.connections) + number("open", f.open) + number("frames_out", f.frames_out) +
         number("frames_in", f.frames_in) + number("bytes_out", f.bytes_out) + number("bytes_in", f.bytes_in) + number("groups_out", f.groups_out) +
         number("groups_per_frame_max", f.groups_per_frame_max) + number("out_of_credit", f.out_of_credit) + number("silent", f.silent) + "}";
}

/// Outlives the endpoint: a conversation may still be held by an actor.
struct endpoint::waker {
  int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::atomic<bool> told{false};
  ~waker() {
    if (fd >= 0) ::close(fd);
  }
  void wake() {
    if (told.exchange(true)) return;
    const std::uint64_t one = 1;
    (void)!::write(fd, &one, sizeof one);
  }
  void clear() {
    std::uint64_t n = 0;
    (void)!::read(fd, &n, sizeof n);
    told.store(false);
  }
};

struct endpoint::connection {
  int socket;
  bool connecting;  // TCP is not there yet
  bool shaken = false;
  bool ended = false;
  bool waits_for_credit = false;
  short wants = POLLIN;
  tls_stream tls;
  std::optional<session> talk;
  std::shared_ptr<conversation> with;
  std::string peer;
  connection(int s, bool c, tls_stream t) : socket(s), connecting(c), tls(std::move(t)) {}
  ~connection() { ::close(socket); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
};

// ---- its life --------------------------------------------------------------------------------------

endpoint::endpoint(endpoint_settings settings, std::shared_ptr<const tls_context> tls, int listener, std::uint16_t port)
    : settings_(std::move(settings)), tls_(std::move(tls)), waker_(std::make_shared<waker>()), listener_(listener), port_(port) {
  thread_ = std::thread([this] {
    name_this_thread("tomnext.remote");
    // A peer that is gone is an error of a write, and no signal.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    run();
  });
}

result<std::unique_ptr<endpoint>> endpoint::listen(endpoint_settings settings) {
  auto where = address_of(settings);
  if (!where) return where.error();
  auto tls = tls_context::make(settings.files, tls_side::server);
  if (!tls) return tls.error();
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return system_error("opening a socket");
  const int yes = 1;
  ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t size = sizeof *where;
  if (::bind(s, reinterpret_cast<const sockaddr*>(&*where), size) != 0 || ::listen(s, 64) != 0 ||
      ::getsockname(s, reinterpret_cast<sockaddr*>(&*where), &size) != 0) {
    auto why = system_error("listening at " + settings.address + ":" + std::to_string(settings.port));
    ::close(s);
    return why;
  }
  return std::unique_ptr<endpoint>(new endpoint(std::move(settings), std::move(*tls), s, ntohs(where->sin_port)));
}

result<std::unique_ptr<endpoint>> endpoint::connect(endpoint_settings settings) {
  auto where = address_of(settings);
  if (!where) return where.error();
  if (settings.peers.size() != 1) return error(errc::configuration_value, "whoever connects expects one peer by its name");
  auto tls = tls_context::make(settings.files, tls_side::client);
  if (!tls) return tls.error();
  const auto port = settings.port;
  return std::unique_ptr<endpoint>(new endpoint(std::move(settings), std::move(*tls), -1, port));
}

endpoint::~endpoint() { stop(); }

void endpoint::stop() {
  if (stop_.exchange(true)) return;
  waker_->wake();
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) ::close(listener_);
}

endpoint_figures endpoint::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

void endpoint::run() {
  while (!stop_.load()) {
    std::vector<pollfd> watched{{waker_->fd, POLLIN, 0}};
    if (listener_ >= 0) watched.push_back({listener_, POLLIN, 0});
    const auto first = watched.size();
    for (const auto& c : connections_) watched.push_back({c->socket, c->wants, 0});
    auto now = clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake_at(now) - now).count();
    ::poll(watched.data(), watched.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000)));
    waker_->clear();
    now = clock::now();
    const auto known = watched.size() - first;
    for (std::size_t i = 0; i < known; ++i) serve(*connections_[i], now);
    if (listener_ >= 0 && watched[1].revents != 0) accept_all(now);
    if (listener_ < 0) connect_if_due(now);
    std::erase_if(connections_, [](const auto& c) { return c->ended; });
  }
  for (auto& c : connections_)
    if (!c->ended) end(*c, {errc::cancelled, "this node is stopping"});
  connections_.clear();
}

steady_time endpoint::wake_at(steady_time now) const {
  auto next = now + std::chrono::seconds(1);
  for (const auto& c : connections_)
    if (c->talk) next = std::min(next, c->talk->wake_at());
  if (listener_ < 0 && connections_.empty()) next = std::min(next, std::max(attempt_at_, now + std::chrono::milliseconds(5)));
  return next;
}

// ---- beginnings ------------------------------------------------------------------------------------

void endpoint::adopt(int socket, steady_time now, bool connecting) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  auto c = std::make_unique<connection>(socket, connecting, tls_stream(tls_, socket, settings_.peers));
  auto* const at = c.get();
  // The greeting's deadline runs from here: a peer that is slow at TLS is as slow.
  c->talk.emplace(
      settings_.limits, settings_.mine, now, [this, at](const greeting& theirs) { return admit(*at, theirs); },
      [this, at](std::string_view piece) {
        count([](endpoint_figures& f) { ++f.frames_in; });
        return at->with->received(piece);
      });
  c->wants = connecting ? POLLOUT : POLLIN;
  connections_.push_back(std::move(c));
}

void endpoint::accept_all(steady_time now) {
  for (int i = 0; i < 64; ++i) {
    const int s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s < 0) return;
    const auto unknown = std::count_if(connections_.begin(), connections_.end(), [](const auto& c) { return !c->ended && !c->with; });
    if (static_cast<std::size_t>(unknown) >= settings_.greeting_max) {
      ::close(s);
      refuse(refusal::crowded, std::to_string(unknown) + " connections have not said yet who they are");
      continue;
    }
    adopt(s, now, false);
  }
}

void endpoint::connect_if_due(steady_time now) {
  if (now < attempt_at_ || std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return !c->ended; })) return;
  if (settings_.may_connect && !settings_.may_connect()) return;
  actors::jitter spread(settings_.mine.run + attempts_);
  attempt_at_ = now + spread.less_up_to(actors::doubled(settings_.backoff_min, settings_.backoff_max, attempts_), 2);
  ++attempts_;
  auto where = address_of(settings_);
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (!where || s < 0) return;
  if (::connect(s, reinterpret_cast<const sockaddr*>(&*where), sizeof *where) != 0 && errno != EINPROGRESS) {
    ::close(s);
    return;
  }
  adopt(s, now, true);
}

result<void> endpoint::admit(connection& c, const greeting& theirs) {
  TOMNEXT_TRY(may_talk(settings_.mine, theirs));
  if (theirs.name != c.tls.peer()) return error(errc::bad_request, "the peer calls itself " + theirs.name + ", and its certificate " + c.tls.peer());
  // An earlier connection of the same node is one that it has given up, or that a network keeps open: the newest counts.
  for (auto& other : connections_)
    if (!other->ended && other->with && other->peer == theirs.name) end(*other, {errc::actor_down, theirs.name + " has connected anew"});
  auto begun = settings_.begin(theirs, [w = waker_] { w->wake(); });
  if (!begun) return begun.error();
  c.peer = theirs.name;
  c.with = std::move(*begun);
  attempts_ = 0;
  told_attempt_ = false;
  count([](endpoint_figures& f) {
    ++f.connections;
    ++f.open;
  });
  if (settings_.tell) settings_.tell("linked with " + theirs.name);
  return {};
}

// ---- ends ------------------------------------------------------------------------------------------

void endpoint::refuse(refusal how, const std::string& why) {
  bool first = false;
  count([&](endpoint_figures& f) { first = ++f.refused[static_cast<std::size_t>(how)] == 1; });
  if (first && settings_.tell)
    settings_.tell("a connection was refused (" + std::string(word_of(how)) + "): " + why + "; further ones of this kind are counted only");
}

void endpoint::end(connection& c, const error& why) {
  if (std::exchange(c.ended, true)) return;
  if (!c.with) {
    if (stop_.load()) return;
    if (listener_ >= 0 || c.tls.refused_as() != refusal::none || c.shaken) {
      const auto how = c.tls.refused_as() != refusal::none         ? c.tls.refused_as()
                       : why.code == errc::timed_out               ? refusal::slow
                       : c.shaken && why.code == errc::bad_request ? refusal::mismatch
                                                                   : refusal::misbehaved;
      refuse(how, why.message);
    } else if (settings_.tell && !std::exchange(told_attempt_, true)) {
      settings_.tell(settings_.peers.front() + " cannot be reached (" + why.message + "); it is tried again and again");
    }
    return;
  }
  if (why.code == errc::bad_request) refuse(refusal::misbehaved, c.peer + ": " + why.message);
  count([&](endpoint_figures& f) {
    --f.open;
    if (why.code == errc::timed_out) ++f.silent;
  });
  if (settings_.tell) settings_.tell("the link with " + c.peer + " has ended: " + why.message);
  c.with->closed(why);
}

// ---- one connection's turn -------------------------------------------------------------------------

void endpoint::serve(connection& c, steady_time now) {
  if (c.ended) return;
  if (auto good = advance(c, now); !good) end(c, good.error());
}

result<void> endpoint::advance(connection& c, steady_time now) {
  if (c.connecting) {
    int failed = 0;
    socklen_t size = sizeof failed;
    pollfd ready{c.socket, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) return c.talk->tick(now);
    ::getsockopt(c.socket, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return error(errc::network_io, std::strerror(failed));
    c.connecting = false;
  }
  if (!c.shaken) TOMNEXT_TRY(handshake(c));
  if (c.shaken) {
    TOMNEXT_TRY(read(c, now));
    if (c.with) TOMNEXT_TRY(c.with->check(now));
  }
  TOMNEXT_TRY(c.talk->tick(now));
  return c.shaken ? write(c, now) : result<void>{};
}

result<void> endpoint::handshake(connection& c) {
  auto s = c.tls.handshake();
  if (!s) return s.error();
  if (*s == step::closed) return error(errc::network_io, "the peer went away before it had said who it is");
  c.shaken = *s == step::done;
  c.wants = *s == step::wants_write ? POLLOUT : POLLIN;
  return {};
}

result<void> endpoint::read(connection& c, steady_time now) {
  std::string bytes;
  for (std::size_t i = 0; i < reads_per_turn; ++i) {
    bytes.clear();
    auto s = c.tls.read(bytes, read_bytes);
    if (!s) return s.error();
    if (*s == step::closed) return error(errc::actor_down, "the peer has closed the connection");
    if (*s != step::done) return {};
    count([&](endpoint_figures& f) { f.bytes_in += bytes.size(); });
    TOMNEXT_TRY(c.talk->take(bytes, now));
  }
  // There may be more, and the socket need not say so: TLS may have it already.
  waker_->wake();
  return {};
}

void endpoint::fill(connection& c, steady_time now) {
  while (c.with && c.talk->output().size() < output_bytes_max) {
    const auto room = c.talk->may_send();
    std::uint64_t groups = 0;
    if (room == 0) {
      if (!std::exchange(c.waits_for_credit, true)) count([](endpoint_figures& f) { ++f.out_of_credit; });
      return;
    }
    c.waits_for_credit = false;
    const auto piece = c.with->take(room, groups);
    if (piece.empty()) return;
    c.talk->say(piece, now);
    count([&](endpoint_figures& f) {
      ++f.frames_out;
      f.groups_out += groups;
      f.groups_per_frame_max = std::max(f.groups_per_frame_max, groups);
    });
  }
}

result<void> endpoint::write(connection& c, steady_time now) {
  c.wants = POLLIN;
  for (;;) {
    fill(c, now);
    const auto before = c.talk->output().size();
    if (before == 0) return {};
    auto s = c.tls.write(c.talk->output());
    if (!s) return s.error();
    count([&](endpoint_figures& f) { f.bytes_out += before - c.talk->output().size(); });
    if (*s == step::closed) return error(errc::actor_down, "the peer has closed the connection");
    if (*s == step::done) continue;
    if (*s == step::wants_write) c.wants = POLLIN | POLLOUT;
    return {};
  }
}

}  // namespace tomnext::remote
