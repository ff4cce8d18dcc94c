// Journal and hosts in two processes on loopback, over mutual TLS: the hosts are those of any node, and so is what comes out.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <zlib.h>

#include "tests/e2e/live_node.hpp"
#include "tests/remote/certificates.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

// Those on the way from a quote to its order and to the account's value; aggregator, calendar, venue and alerts stay beside the journal.
const std::string placed =
    "feature_store/features:GBP/USD,analysis_engine/analysis:GBP/USD,strategy_execution/cross,risk_management/book,trading_gateway/simulated,"
    "portfolio_management/account:1";

/// The first minutes of a file of the demo.
void write_beginning(const std::string& from, const std::string& to, int lines) {
  gzFile in = gzopen(from.c_str(), "rb"), out = gzopen(to.c_str(), "wb");
  REQUIRE((in != nullptr && out != nullptr));
  char line[512];
  for (int i = 0; i <= lines && gzgets(in, line, sizeof line) != nullptr; ++i) gzputs(out, line);
  gzclose(in);
  gzclose(out);
}

/// Certificates, and the demo's deployment on its first minutes.
struct two_machines {
  scratch_folder f;
  authority ca{"authority"};
  std::string configuration;
  explicit two_machines(int minutes) {
    ca.write_certificate(f / "ca.pem");
    ca.issue(f.path(), "journal");
    ca.issue(f.path(), "hosts-1");
    write_beginning(shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz"), f / "bid.csv.gz", minutes);
    write_beginning(shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz"), f / "ask.csv.gz", minutes);
    configuration = f.write("deployment.yaml",
                            "data: [{format: fxcm-m1, bid: bid.csv.gz, ask: ask.csv.gz, instrument: GBP/USD, as: ticks, stamp: close}]\n"
                            "account: {currency: GBP, balance: 1000000, positions: hedging}\nvenue: {commission_rate: 0.00002}\n"
                            "node: {snapshot_every: 5000}\n"
                            "strategies: [{kind: ema_cross, name: cross, instrument: GBP/USD, bars: 5m-mid, fast: 10, slow: 20, size: 1000000}]\n");
  }
  [[nodiscard]] std::string log(const std::string& name = "two") const { return f / name; }
};

const std::string program = std::string(TOMNEXT_BINARY_DIR) + "/remote_node";

/// What stands in the output between two texts; empty where it does not.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.rfind(begin);
  if (at == std::string::npos) return {};
  const auto to = text.find(end, at + begin.size());
  return to == std::string::npos ? std::string() : text.substr(at + begin.size(), to - at - begin.size());
}

class journal_process {
 public:
  journal_process(const two_machines& m, const std::string& pace = "lockstep", const std::string& port = "0")
      : process_(program, {"journal", m.configuration, m.log(), pace, m.f.path(), port, "hosts-1=" + placed}) {
    const bool up = eventually([this] {
      port_ = between(process_.out(), "gate ", "\n");
      return !port_.empty() || process_.ended();
    });
    INFO(all());
    REQUIRE((up && !port_.empty()));
    url_ = between(process_.out(), "http://", " answers");
  }
  [[nodiscard]] const std::string& port() const { return port_; }
  background_process& process() { return process_; }
  [[nodiscard]] std::string all() const { return process_.out() + process_.err(); }
  std::uint64_t durable() const {
    const auto answer = api::http_get("http://" + url_ + "/api/v1/log", std::chrono::seconds(10));
    const auto j = answer && answer->status == 200 ? json::parse(answer->body, nullptr, false) : json();
    return j.is_object() ? j["durable"].get<std::uint64_t>() : 0;
  }
  bool ready() const {
    const auto answer = api::http_get("http://" + url_ + "/readyz", std::chrono::seconds(10));
    return answer && answer->status == 200;
  }
  json view(const std::string& path) const {
    const auto answer = api::http_get("http://" + url_ + path, std::chrono::seconds(10));
    return answer && answer->status == 200 ? json::parse(answer->body, nullptr, false) : json();
  }
  /// Until so many events are durable.
  void reach(std::uint64_t seq) {
    const bool there = eventually([&] { return process_.ended() || durable() >= seq; });
    INFO(all());
    REQUIRE((there && !process_.ended()));
  }
  /// What it says of its links, now.
  json figures() {
    const auto before = lines_of_figures();
    process_.send(SIGUSR2);
    REQUIRE(eventually([&] { return lines_of_figures() > before; }));
    return json::parse(between(process_.out(), "figures ", "\n"));
  }
  /// Waits for the end of the source and of the node; the last figures.
  json finish() {
    const auto p = process_.wait(std::chrono::seconds(100));
    INFO(all());
    REQUIRE(p.exit_code == 0);
    return json::parse(between(p.out, "figures ", "\n"));
  }

 private:
  std::size_t lines_of_figures() const {
    std::size_t n = 0;
    const auto text = process_.out();
    for (auto at = text.find("figures {"); at != std::string::npos; at = text.find("figures {", at + 1))
      if (text.find('\n', at) != std::string::npos) ++n;
    return n;
  }
  background_process process_;
  std::string port_, url_;
};

struct hosts_process : background_process {
  hosts_process(const two_machines& m, const std::string& port)
      : background_process(program, {"hosts", m.configuration, m.f.path(), port, "hosts-1", placed}) {}
};

/// The one-process run of the same deployment.
void run_alone(const two_machines& m) { run_to_end(m.configuration, m.log("one"), {"--pace", "lockstep"}); }

void check_decisions(const two_machines& m) {
  const auto p = tomnext_tool({"replay", m.log(), "--verify"});
  INFO(p.out << p.err);
  CHECK(p.exit_code == 0);
  verify(m.log());
}

double seconds_since(std::chrono::steady_clock::time_point t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); }

}  // namespace

TEST_CASE("the same hosts in another process: the log is the one-process log, payload by payload, and its decisions are the code's") {
  const two_machines m(2'500);
  auto begun = std::chrono::steady_clock::now();
  run_alone(m);
  const auto alone_s = seconds_since(begun);
  begun = std::chrono::steady_clock::now();
  journal_process j(m);
  hosts_process h(m, j.port());
  // A view of a host is asked of its coordinator, and answered by the other process.
  json view;
  CHECK(eventually([&] {
    view = j.view("/api/v1/risk_management/status");
    return view.is_object() && view.dump().find("\"ready\":true") != std::string::npos;
  }));
  const auto figures = j.finish();
  const auto together_s = seconds_since(begun);
  check_identical(m.log("one"), m.log(), 10'000);
  check_decisions(m);
  CHECK(figures["connections"] == 1);
  CHECK(figures["groups_out"].get<std::uint64_t>() > 10'000);
  std::uint64_t quotes = 0;
  each_event(m.log(), [&](const event& e) { quotes += e.is<quote_accepted>() ? 1 : 0; });
  WARN("lockstep, " << quotes << " quotes: " << alone_s << " s in one process, " << together_s << " s in two: " << (together_s - alone_s) / double(quotes) * 1e6
                    << " us more a quote; " << figures["bytes_out"].get<double>() / double(quotes) << " bytes out a quote");
}

TEST_CASE("under load several groups share a frame, and decisions are still the code's") {
  const two_machines m(10'000);
  const auto begun = std::chrono::steady_clock::now();
  journal_process j(m, "x100000000");
  hosts_process h(m, j.port());
  const auto figures = j.finish();
  const auto s = seconds_since(begun);
  check_decisions(m);
  const auto frames = figures["frames_out"].get<double>(), groups = figures["groups_out"].get<double>();
  CHECK(figures["groups_per_frame_max"].get<int>() > 10);
  CHECK(groups / frames > 1.5);
  std::uint64_t events = 0;
  each_event(m.log(), [&](const event&) { ++events; });
  WARN("by arrival: " << events << " events in " << s << " s with the start of both processes, " << double(events) / s << " events/s; " << groups / frames
                      << " groups a frame, at most " << figures["groups_per_frame_max"]);
}

TEST_CASE("kill -9 of the hosts' process, twice: its next life goes on, and the log is the same") {
  const two_machines m(2'500);
  run_alone(m);
  journal_process j(m);
  for (const std::uint64_t at : {3'000, 9'000}) {
    hosts_process h(m, j.port());
    j.reach(at);
    CHECK(j.ready());
    h.send(SIGKILL);
    h.wait();
    CHECK(eventually([&] { return j.figures()["open"] == 0; }));
    CHECK(eventually([&] { return !j.ready(); }));
  }
  hosts_process last(m, j.port());
  const auto figures = j.finish();
  CHECK(figures["connections"] == 3);
  check_identical(m.log("one"), m.log(), 10'000);
  check_decisions(m);
}

TEST_CASE("kill -9 of the journal's process, twice: the hosts' process finds the next one, and the log is the same") {
  const two_machines m(2'500);
  run_alone(m);
  std::optional<hosts_process> h;
  std::string port = "0";
  for (const std::uint64_t at : {3'000, 9'000}) {
    journal_process j(m, "lockstep", port);
    port = j.port();
    if (!h) h.emplace(m, port);
    j.reach(at);
    j.process().send(SIGKILL);
    j.process().wait();
  }
  journal_process last(m, "lockstep", port);
  const auto figures = last.finish();
  CHECK(!h->ended());
  CHECK(figures["connections"] == 1);
  check_identical(m.log("one"), m.log(), 10'000);
  check_decisions(m);
}

TEST_CASE("a hosts' process that is stopped is given up at the deadline, and takes part again when it goes on") {
  const two_machines m(1'500);
  run_alone(m);
  journal_process j(m);
  hosts_process h(m, j.port());
  j.reach(2'000);
  h.send(SIGSTOP);
  CHECK(eventually([&] { return has_text(j.all(), "the link with hosts-1 has ended: the peer has been silent for 3000 ms"); }));
  const auto stood_at = j.durable();
  CHECK(j.figures()["silent"] == 1);
  CHECK(j.durable() == stood_at);  // without its hosts nothing is decided, and the market waits
  h.send(SIGCONT);
  const auto figures = j.finish();
  CHECK(figures["connections"] == 2);
  check_identical(m.log("one"), m.log(), 5'000);
  check_decisions(m);
}

TEST_CASE("strangers at the door of a running node are refused and counted, and change nothing") {
  const two_machines m(1'500);
  run_alone(m);
  journal_process j(m);
  const authority other("another authority");
  scratch_folder theirs;
  other.write_certificate(theirs / "other.pem");
  m.ca.write_certificate(theirs / "ca.pem");
  other.issue(theirs.path(), "hosts-1");  // the right name, of the wrong authority
  background_process stranger(program, {"hosts", m.configuration, theirs.path(), j.port(), "hosts-1", placed});
  const auto why = stranger.wait();
  INFO(why.out << why.err);
  CHECK(why.exit_code != 0);
  CHECK(has_text(why.err, "hosts-1.pem: not a certificate of "));
  // One that believes the journal, and that the journal does not believe.
  std::filesystem::copy_file(m.f / "ca.pem", theirs / "real-ca.pem");
  m.ca.issue(m.f.path(), "nobody");
  background_process nobody(program, {"hosts", m.configuration, m.f.path(), j.port(), "nobody", placed});
  for (int i = 0; i < 20; ++i) {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(j.port())));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const std::string text = "GET /api/v1/log HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CHECK(::send(s, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    char answer[256];
    while (::recv(s, answer, sizeof answer, 0) > 0) {}
    ::close(s);
  }
  CHECK(eventually([&] {
    const auto f = j.figures()["refused"];
    return f["plaintext"] == 20 && f["wrong_name"].get<int>() >= 1;
  }));
  CHECK(j.figures()["connections"] == 0);
  hosts_process h(m, j.port());
  const auto figures = j.finish();
  CHECK(figures["connections"] == 1);
  WARN("refused: " << figures["refused"].dump());
  check_identical(m.log("one"), m.log(), 5'000);
}

TEST_CASE("hosts of another configuration are refused, and both sides say so") {
  const two_machines m(50);
  const auto changed = m.f.write("changed.yaml", file_text(m.configuration) + "risk: {position_max: 500000}\n");
  journal_process j(m);
  background_process h(program, {"hosts", changed, m.f.path(), j.port(), "hosts-1", placed});
  CHECK(eventually([&] { return has_text(j.all(), "a connection was refused (mismatch): hosts-1 has another configuration"); }));
  CHECK(eventually([&] { return has_text(h.out(), "(mismatch): journal has another configuration"); }));
}
