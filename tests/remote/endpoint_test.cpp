// Who gets in, who does not, and how long a dead peer goes unnoticed: real sockets on loopback.
#include "actors/remote/endpoint.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <mutex>

#include "tests/e2e/tool.hpp"
#include "tests/remote/certificates.hpp"
#include "tests/support/process.hpp"

using namespace tomnext;
using namespace tomnext::remote;
using namespace tomnext::tests;
using namespace std::chrono_literals;

namespace {

/// A conversation that keeps what it hears, and says what it is told to.
struct notes {
  std::mutex mutex;
  std::string heard, to_say, ended;
  std::function<void()> wake;
  void say(const std::string& text) {
    {
      const std::scoped_lock lock(mutex);
      to_say += text;
    }
    wake();
  }
  std::string all_heard() {
    const std::scoped_lock lock(mutex);
    return heard;
  }
  std::string how_ended() {
    const std::scoped_lock lock(mutex);
    return ended;
  }
};
struct noted final : conversation {
  std::shared_ptr<notes> n;
  explicit noted(std::shared_ptr<notes> kept) : n(std::move(kept)) {}
  result<void> received(std::string_view piece) override {
    const std::scoped_lock lock(n->mutex);
    n->heard += piece;
    return n->heard.find("nonsense") == std::string::npos ? result<void>{} : error(errc::bad_request, "nonsense");
  }
  std::string take(std::size_t most, std::uint64_t&) override {
    const std::scoped_lock lock(n->mutex);
    auto piece = n->to_say.substr(0, most);
    n->to_say.erase(0, piece.size());
    return piece;
  }
  result<void> check(steady_time) override { return {}; }
  void closed(const error& why) override {
    const std::scoped_lock lock(n->mutex);
    n->ended = why.message;
  }
};

/// A node that lets "friend" in, and lines that it told its operator.
struct listening {
  scratch_folder folder;
  authority ca{"authority"}, other{"another authority"};
  std::mutex mutex;
  std::vector<std::string> told;
  std::shared_ptr<notes> with = std::make_shared<notes>();
  std::unique_ptr<endpoint> gate;

  explicit listening(session_limits limits = {}, std::size_t greeting_max = 32) {
    ca.write_certificate(folder / "ca.pem");
    other.write_certificate(folder / "other.pem");
    for (const char* name : {"gate", "friend", "somebody"}) ca.issue(folder.path(), name);
    endpoint_settings s = settings_of("gate", {"friend"}, with);
    s.limits = limits;
    s.greeting_max = greeting_max;
    s.tell = [this](const std::string& line) {
      const std::scoped_lock lock(mutex);
      told.push_back(line);
    };
    auto opened = endpoint::listen(std::move(s));
    if (!opened) FAIL(opened.error().message);
    gate = std::move(*opened);
  }
  ~listening() { gate->stop(); }
  endpoint_settings settings_of(const std::string& name, std::vector<std::string> peers, const std::shared_ptr<notes>& n) const {
    endpoint_settings s;
    s.files = {folder / (name + ".pem"), folder / (name + ".key"), folder / "ca.pem"};
    s.peers = std::move(peers);
    s.mine.name = name;
    s.backoff_max = 200ms;
    s.begin = [n](const greeting&, std::function<void()> wake) -> result<std::shared_ptr<conversation>> {
      n->wake = std::move(wake);
      return std::shared_ptr<conversation>(std::make_shared<noted>(n));
    };
    return s;
  }
  std::unique_ptr<endpoint> friend_of(const std::shared_ptr<notes>& n, const std::string& name = "friend", const std::string& expects = "gate") const {
    auto s = settings_of(name, {expects}, n);
    s.port = gate->port();
    auto made = endpoint::connect(std::move(s));
    if (!made) FAIL(made.error().message);
    return std::move(*made);
  }
  std::uint64_t refused(refusal r) const { return gate->figures().refused[static_cast<std::size_t>(r)]; }
  std::size_t told_of(const std::string& part) {
    const std::scoped_lock lock(mutex);
    return static_cast<std::size_t>(std::count_if(told.begin(), told.end(), [&](const auto& line) { return has_text(line, part); }));
  }
};

/// A client that may misbehave in any way.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::signal(SIGPIPE, SIG_IGN);  // it writes to those who have closed already
    const timeval most{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) FAIL("connect");
  }
  ~raw_client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send_plain(const std::string& bytes) const { (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// `name`: of its certificate's files; empty: none. True where the handshake is done on this side, which says nothing of the other.
  bool shake(const std::string& folder, const std::string& name, int version_max = TLS1_3_VERSION) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, version_max);
    if (!name.empty()) {
      SSL_CTX_use_certificate_chain_file(context_, (folder + "/" + name + ".pem").c_str());
      SSL_CTX_use_PrivateKey_file(context_, (folder + "/" + name + ".key").c_str(), SSL_FILETYPE_PEM);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_);
    return SSL_connect(ssl_) == 1;
  }
  void send(const std::string& bytes) const { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
  /// Waits for the other side to close, whatever it says before.
  [[nodiscard]] bool is_closed() const {
    char buffer[4'096];
    if (ssl_ == nullptr) {
      ssize_t n = 0;
      while ((n = ::recv(socket_, buffer, sizeof buffer, 0)) > 0) {}
      return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
    int n = 0;
    while ((n = SSL_read(ssl_, buffer, sizeof buffer)) > 0) {}
    return SSL_get_error(ssl_, n) != SSL_ERROR_WANT_READ;
  }

 private:
  int socket_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

std::string hello_of(const std::string& name) {
  greeting g;
  g.name = name;
  std::string bytes;
  put_frame(bytes, frame_kind::hello, 1, 0, encode(g));
  return bytes;
}

}  // namespace

TEST_CASE("two nodes with certificates of one authority link, talk both ways, and link again") {
  listening at;
  const auto mine = std::make_shared<notes>();
  std::string large(3'000'000, 'x');
  {
    const auto me = at.friend_of(mine);
    REQUIRE(eventually([&] { return at.gate->figures().open == 1 && me->figures().open == 1; }));
    mine->say("from the friend");
    at.with->say(large + ".");
    CHECK(eventually([&] { return at.with->all_heard() == "from the friend"; }));
    CHECK(eventually([&] { return mine->all_heard().size() == large.size() + 1; }));
    CHECK(mine->all_heard() == large + ".");
  }
  CHECK(eventually([&] { return at.gate->figures().open == 0; }));
  CHECK(at.with->how_ended() == "the peer has closed the connection");
  const auto again = at.friend_of(mine);
  CHECK(eventually([&] { return at.gate->figures().connections == 2; }));
  CHECK(to_json(at.gate->figures()).find("\"plaintext\":0,\"stranger\":0,\"wrong_name\":0,\"slow\":0,\"mismatch\":0,\"misbehaved\":0,\"crowded\":0") !=
        std::string::npos);
}

TEST_CASE("strangers are refused, counted, and told once") {
  listening at;
  const auto folder = at.folder.path();
  authority::terms t;
  at.other.issue(folder, "foreigner");
  t.valid_from_s = -7'200;
  t.valid_to_s = -3'600;
  at.ca.issue(folder, "expired", t);
  t = {};
  t.extended_usage = "serverAuth";
  at.ca.issue(folder, "server-only", t);
  std::uint64_t strangers = 0;
  for (const std::string name : {"", "foreigner", "expired", "server-only"}) {
    INFO("certificate: " << name);
    raw_client c(at.gate->port());
    c.shake(folder, name);
    CHECK(c.is_closed());
    ++strangers;
    CHECK(eventually([&] { return at.refused(refusal::stranger) == strangers; }));
  }
  CHECK(at.told_of("(stranger)") == 1);
  // A good certificate of somebody who is not expected, and one that has the name for people only.
  t = {};
  t.dns_name = "elsewhere";
  t.subject = "friend";
  at.ca.issue(folder, "friend-by-subject", t);
  for (const std::string name : {"somebody", "friend-by-subject"}) {
    raw_client c(at.gate->port());
    c.shake(folder, name);
    c.send(hello_of("friend"));
    CHECK(c.is_closed());
  }
  CHECK(eventually([&] { return at.refused(refusal::wrong_name) == 2; }));
  CHECK(at.told_of("(wrong_name)") == 1);
  // Nobody was admitted, and whoever is expected still is.
  CHECK(at.gate->figures().connections == 0);
  const auto me = at.friend_of(std::make_shared<notes>());
  CHECK(eventually([&] { return at.gate->figures().open == 1; }));
}

TEST_CASE("plaintext and older TLS are refused, counted, and told once") {
  listening at;
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), hello_of("friend"), std::string(40, '\0'), std::string(300, 'x')}) {
    raw_client c(at.gate->port());
    c.send_plain(bytes);
    CHECK(c.is_closed());
  }
  raw_client older(at.gate->port());
  CHECK(!older.shake(at.folder.path(), "friend", TLS1_2_VERSION));
  CHECK(eventually([&] { return at.refused(refusal::plaintext) == 5; }));
  CHECK(at.told_of("(plaintext)") == 1);
  CHECK(at.gate->figures().connections == 0);
}

TEST_CASE("a friend that misbehaves is cut off, and may come again") {
  listening at;
  const auto folder = at.folder.path();
  const auto cut_off = [&](const std::string& bytes) {
    raw_client c(at.gate->port());
    REQUIRE(c.shake(folder, "friend"));
    c.send(bytes);
    return c.is_closed();
  };
  std::string oversize = hello_of("friend"), messages = hello_of("friend");
  put_frame(oversize, frame_kind::messages, 2, 0, std::string(frame_bytes_max + 1, 'x'));
  put_frame(messages, frame_kind::messages, 2, 0, "nonsense");
  CHECK(cut_off("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  CHECK(eventually([&] { return at.refused(refusal::mismatch) == 1; }));
  CHECK(cut_off(hello_of("somebody")));  // the name that it calls itself is not its certificate's
  CHECK(eventually([&] { return at.refused(refusal::mismatch) == 2; }));
  CHECK(cut_off(oversize));
  CHECK(cut_off(messages));
  CHECK(eventually([&] { return at.refused(refusal::misbehaved) == 2; }));
  CHECK(at.with->how_ended() == "nonsense");
  at.with->heard.clear();
  const auto me = at.friend_of(std::make_shared<notes>());
  CHECK(eventually([&] { return at.gate->figures().open == 1; }));
}

TEST_CASE("whoever does not say in time who it is, is closed: silent, drop by drop, or after its handshake") {
  session_limits limits;
  limits.hello_within = 200ms;
  listening at(limits);
  raw_client silent(at.gate->port()), shaken(at.gate->port());
  REQUIRE(shaken.shake(at.folder.path(), "friend"));
  shaken.send(hello_of("friend").substr(0, 10));
  CHECK(silent.is_closed());
  CHECK(shaken.is_closed());
  CHECK(eventually([&] { return at.refused(refusal::slow) == 2; }));
  CHECK(at.told_of("(slow)") == 1);
}

TEST_CASE("those who crowd the door are closed at once, and friends that are in stay in") {
  listening at({}, 4);
  const auto mine = std::make_shared<notes>();
  const auto me = at.friend_of(mine);
  REQUIRE(eventually([&] { return at.gate->figures().open == 1; }));
  std::vector<std::unique_ptr<raw_client>> crowd;
  for (int i = 0; i < 50; ++i) crowd.push_back(std::make_unique<raw_client>(at.gate->port()));
  CHECK(eventually([&] { return at.refused(refusal::crowded) == 46; }));
  CHECK(at.told_of("(crowded)") == 1);
  mine->say("still here");
  CHECK(eventually([&] { return at.with->all_heard() == "still here"; }));
}

TEST_CASE("a peer that says nothing any more is given up at the stated deadline") {
  session_limits limits;
  limits.silence_max = 300ms;
  listening at(limits);
  raw_client c(at.gate->port());
  REQUIRE(c.shake(at.folder.path(), "friend"));
  c.send(hello_of("friend"));
  REQUIRE(eventually([&] { return at.gate->figures().open == 1; }));
  CHECK(c.is_closed());
  CHECK(eventually([&] { return at.gate->figures().silent == 1; }));
  CHECK(at.with->how_ended() == "the peer has been silent for 300 ms");
}

TEST_CASE("the newest connection of a node counts: one that a network keeps open does not lock it out") {
  listening at;
  raw_client first(at.gate->port());
  REQUIRE(first.shake(at.folder.path(), "friend"));
  first.send(hello_of("friend"));
  REQUIRE(eventually([&] { return at.gate->figures().connections == 1; }));
  const auto me = at.friend_of(std::make_shared<notes>());
  CHECK(eventually([&] { return at.gate->figures().connections == 2; }));
  CHECK(at.with->how_ended() == "friend has connected anew");  // at once, and not after its silence
  CHECK(first.is_closed());
  CHECK(at.gate->figures().open == 1);
}

TEST_CASE("whoever connects knows whom it talks to: a server of another name, or of another authority, is none") {
  listening at;
  const auto mine = std::make_shared<notes>();
  std::mutex mutex;
  std::string told;
  const auto tell = [&](const std::string& line) {
    const std::scoped_lock lock(mutex);
    told += line + "\n";
  };
  const auto said = [&](const std::string& part) {
    const std::scoped_lock lock(mutex);
    return has_text(told, part);
  };
  auto s = at.settings_of("friend", {"another-gate"}, mine);
  s.port = at.gate->port();
  s.tell = tell;
  const auto first = endpoint::connect(s);
  REQUIRE(first);
  CHECK(eventually([&] { return said("(wrong_name): the peer's certificate bears none of the names that are expected here: another-gate"); }));
  at.other.issue(at.folder.path(), "stranger");
  s = at.settings_of("stranger", {"gate"}, mine);
  s.files.authority = at.folder / "other.pem";
  s.port = at.gate->port();
  s.tell = tell;
  const auto second = endpoint::connect(s);
  REQUIRE(second);
  CHECK(eventually([&] { return said("(stranger): the peer's certificate is not accepted"); }));
  CHECK(at.gate->figures().connections == 0);
}

TEST_CASE("keys that others may read, keys of other certificates and files that are none are refused at the start") {
  listening at;
  const auto folder = at.folder.path();
  authority::terms t;
  t.key_mode = 0640;
  at.ca.issue(folder, "open", t);
  at.other.issue(folder, "foreigner");
  at.folder.write("not-a-key.key", "no key");
  ::chmod((at.folder / "not-a-key.key").c_str(), 0600);
  const auto why = [&](const std::string& certificate, const std::string& key) {
    const auto made = tls_context::make({at.folder / certificate, at.folder / key, at.folder / "ca.pem"}, tls_side::server);
    return made ? std::string() : made.error().message;
  };
  CHECK(why("gate.pem", "gate.key").empty());
  CHECK(has_text(why("open.pem", "open.key"), "others than its owner may read or write the key; make it `chmod 600`"));
  CHECK(has_text(why("gate.pem", "friend.key"), "friend.key: "));
  CHECK(has_text(why("gate.pem", "missing.key"), "missing.key: the key cannot be read: No such file or directory"));
  CHECK(has_text(why("gate.pem", "not-a-key.key"), "not-a-key.key: no private key without a pass phrase"));
  CHECK(has_text(why("missing.pem", "gate.key"), "missing.pem: no certificate"));
  CHECK(has_text(why("foreigner.pem", "foreigner.key"), "foreigner.pem: not a certificate of "));
}
