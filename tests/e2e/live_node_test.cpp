// The live node against the back-test, on one log after another configuration, beside another node, and under the eyes of `replay` and `actors`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>

#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

// A port that somebody listens on for as long as this lives.
class taken_port {
 public:
  taken_port() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(listen(socket_, 1) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    number_ = ntohs(at.sin_port);
  }
  ~taken_port() { close(socket_); }
  taken_port(const taken_port&) = delete;
  taken_port& operator=(const taken_port&) = delete;
  [[nodiscard]] std::string text() const { return std::to_string(number_); }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

}  // namespace

TEST_CASE("the live node at lockstep writes what the back-test writes, payload by payload") {
  scratch_folder f;
  const auto two = f.write("two.yaml", two_strategies_configuration());
  const auto lean = f.write("lean.yaml", lean_configuration());
  const auto compat = f.write("compat.yaml", comparison_configuration(false)), bars = f.write("bars.yaml", comparison_configuration(true));
  struct example {
    std::string configuration;
    std::uint64_t ticks, orders_min;
  };
  for (const auto& [configuration, ticks, orders_min] : {example{demo_file(), 120'468, 570}, example{two, 120'468, 100}, example{lean, 58'143, 20},
                                                         example{compat, 120'468, 570}, example{bars, 60'234, 2'984}}) {
    INFO(configuration);
    const auto name = std::filesystem::path(configuration).stem().string();
    const auto wanted = backtest_into(configuration, f / (name + "-backtest"));
    const auto got = run_to_end(configuration, f / (name + "-live"), {"--pace", "lockstep"});
    CHECK(got["ticks"] == ticks);
    CHECK(wanted["orders"].get<std::uint64_t>() >= orders_min);
    for (const char* figure : {"ticks", "bars", "orders", "fills", "positions", "commission", "financing", "final_balance"}) {
      INFO(figure);
      CHECK(got[figure] == wanted[figure]);
    }
    check_identical(f / (name + "-backtest"), f / (name + "-live"), ticks);
    CHECK(verify(f / (name + "-live"))["sealed"] == true);
  }
}

// What `log compare` says is worth what it can find: one strategy's size differs, and nothing else.
TEST_CASE("log compare tells a live run from a back-test with another parameter") {
  scratch_folder f;
  const auto text = file_text(demo_file());
  backtest_into(demo_file(), f / "backtest");
  run_to_end(demo_file(), f / "live", {"--set", "strategies.0.size=999000"});
  const auto p = tomnext_tool({"log", "compare", f / "backtest", f / "live"});
  CHECK(p.exit_code == 6);
}

TEST_CASE("replay --verify finds the decisions of a live run identical, and names the first that another parameter changes") {
  scratch_folder f;
  const auto run = run_to_end(demo_file(), f / "live");
  const auto same = tomnext_tool({"replay", f / "live", "--verify", "--json"});
  INFO(same.err << same.out);
  REQUIRE(same.exit_code == 0);
  const auto j = json::parse(same.out);
  CHECK(j["identical"] == true);
  CHECK(j["events"] == run["events"]);
  CHECK(j["compared"].get<std::uint64_t>() > 40'000);
  CHECK(j["skipped"].empty());

  const auto other = tomnext_tool({"replay", f / "live", "--verify", "--set", "strategies.0.fast=11", "--json"});
  CHECK(other.exit_code == 6);
  const auto d = json::parse(other.out)["difference"];
  CHECK(d["host"] == "strategy_execution/cross");
  REQUIRE(d["fields"].size() == 1);
  CHECK(d["fields"][0]["field"] == "fast");
  CHECK(d["fields"][0]["recorded"] != d["fields"][0]["decided"]);
  CHECK(d["recorded"]["seq"] == d["seq"]);
  for (const char* cause : {"bar_closed", "quote_accepted"}) CHECK(has_text(d["causes"].dump(), cause));
}

TEST_CASE("a log goes on only with the configuration that made it") {
  scratch_folder f;
  const auto first = run_to_end(demo_file(), f / "log");
  const auto p = tomnext_tool({"run", demo_file(), "--log", f / "log", "--set", "strategies.0.size=999000"});
  CHECK(p.exit_code == 3);
  CHECK(has_text(p.err, "another configuration"));
  CHECK(has_text(p.err, "name a new log directory"));
  CHECK(p.out.empty());
  // The refused run left it as it was, and the node that made it may go on: nothing is left to do.
  const auto again = run_to_end(demo_file(), f / "log");
  CHECK(again["final_balance"] == first["final_balance"]);
  CHECK(again["ticks"] == first["ticks"]);
  CHECK(again["orders"] == first["orders"]);
}

TEST_CASE("a second node on the same log is refused while the first one runs") {
  scratch_folder f;
  live_node first(demo_file(), f / "log", {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return first.durable() > 0; }));
  const auto second = tomnext_tool({"run", demo_file(), "--log", f / "log"});
  INFO(second.err);
  CHECK(second.exit_code == 5);
  CHECK(has_text(second.err, "another process"));
  CHECK_FALSE(first.process().ended());
  REQUIRE(eventually([&] { return first.actor("data_pipeline/ingress")["state"] == "stopped"; }));
  first.process().send(SIGTERM);
  CHECK(first.process().wait().exit_code == 130);
  CHECK(run_to_end(demo_file(), f / "log")["final_balance"] == "962062.51");
}

TEST_CASE("a port in use is said to be, and the log is none the worse") {
  scratch_folder f;
  const taken_port taken;
  const auto p = tomnext_tool({"run", demo_file(), "--log", f / "log", "--port", taken.text(), "--json"});
  INFO(p.err);
  CHECK(p.exit_code == 8);
  CHECK(has_text(p.err, taken.text()));
  CHECK(has_text(p.err, "in use"));
  CHECK(json::parse(p.out)["error"]["exit_code"] == 8);
  CHECK(run_to_end(demo_file(), f / "log")["final_balance"] == "962062.51");
}

TEST_CASE("tomnext actors prints the tree of a running node") {
  scratch_folder f;
  live_node n(demo_file(), f / "log", {"--port", "0", "--stay"});
  REQUIRE(eventually([&] { return n.durable() > 1'000; }));
  const auto tree = tomnext_tool({"actors", "--node", n.url()});
  INFO(tree.err << tree.out);
  REQUIRE(tree.exit_code == 0);
  for (const char* part : {"node", "journal/journal", "journal/writer", "runtime/time", "data_pipeline/ingress", "feature_store/coordinator", "analysis_engine",
                           "strategy_execution/cross", "ml_integration", "portfolio_management/account:1", "risk_management/book",
                           "monitoring_alerting/collector", "trading_gateway/simulated", "p99", "restarts"}) {
    INFO(part);
    CHECK(has_text(tree.out, part));
  }
  const auto machine = tomnext_tool({"actors", "--node", n.url(), "--json"});
  REQUIRE(machine.exit_code == 0);
  const auto all = json::parse(machine.out);
  REQUIRE(all.is_array());
  CHECK(all.size() > 30);
  for (const auto& a : all)
    for (const char* key : {"name", "kind", "parent", "state", "queue_depth", "processed", "p50_us", "p99_us", "restarts"}) CHECK(a.contains(key));
  CHECK(n.actor("journal/journal")["processed"].get<std::uint64_t>() > 1'000);
  const auto& book = n.actor("risk_management/book");
  CHECK(book["policy"] == "permanent, 2 s to stop");
  CHECK(book["thread"] == "shared");
  CHECK(n.actor("journal/writer")["thread"] == "own");
  CHECK(has_text(n.actor("risk_management")["policy"].get<std::string>(), "; one_for_one, at most 5 restarts within 10 s"));

  const auto show = tomnext_tool({"actors", "show", "risk_management/book", "--node", n.url()});
  INFO(show.out << show.err);
  REQUIRE(show.exit_code == 0);
  for (const char* part : {"policy                permanent, 2 s to stop", "service time", "latency", "memory"}) CHECK(has_text(show.out, part));
  const auto nobody = tomnext_tool({"actors", "show", "book", "--node", n.url()});
  CHECK(nobody.exit_code == 2);
  CHECK(has_text(nobody.err, "there is no actor 'book'; there are risk_management/book"));

  const auto flow = tomnext_tool({"actors", "flow", "--of", "risk_management/book", "--json", "--node", n.url()});
  REQUIRE(flow.exit_code == 0);
  bool delivered = false;
  for (const auto& x : json::parse(flow.out))
    if (x["from"] == "journal/journal" && x["to"] == "risk_management/book" && x["message"] == "deliver") delivered = x["count"].get<std::uint64_t>() > 0;
  CHECK(delivered);
  const auto top = tomnext_tool({"actors", "top", "--interval", "0.1", "--looks", "2", "--node", n.url()});
  INFO(top.out << top.err);
  REQUIRE(top.exit_code == 0);
  CHECK(has_text(top.out, "messages/s"));
  CHECK(has_text(top.out, "journal/journal"));
  CHECK_FALSE(has_text(top.out, "\x1b"));  // no terminal, no drawing

  // A quote's way: sequenced, then handled by the hosts that it is for, and made durable. When the market is over: a busy node has forgotten it soon.
  REQUIRE(eventually([&] { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }));
  json traced;
  const auto head = n.durable();
  for (auto seq = head; seq > head - 50 && (!traced.is_object() || traced["events"].empty()); --seq)
    traced = n.ask("/api/v1/trace?correlation=" + std::to_string(seq));
  INFO(traced.dump());
  REQUIRE_FALSE(traced["events"].empty());
  CHECK(traced["complete"] == true);
  const auto& first = traced["events"][0];
  CHECK(first["sequenced_us"] == 0);
  bool written = false;
  for (const auto& h : first["handled"]) written = written || h["actor"] == "journal/writer";
  CHECK(written);
  CHECK(first["handled"].size() >= 3);
  const auto text = tomnext_tool({"actors", "trace", std::to_string(traced["correlation"].get<std::uint64_t>()), "--node", n.url()});
  INFO(text.out << text.err);
  CHECK(text.exit_code == 0);
  CHECK(has_text(text.out, "journal/writer"));
  const auto none = tomnext_tool({"actors", "trace", "0", "--node", n.url()});
  CHECK(none.exit_code == 2);

  const auto metrics = n.get("/metrics");
  REQUIRE(metrics);
  CHECK(metrics->status == 200);
  CHECK(has_text(metrics->body, "journal/journal"));
  CHECK(n.ask("/healthz")["status"] == "alive");
  const auto url = n.url();
  n.process().send(SIGTERM);
  CHECK(n.process().wait().exit_code == 130);
  const auto gone = tomnext_tool({"actors", "--node", url});
  CHECK(gone.exit_code != 0);
  CHECK(has_text(gone.err, "is the node running"));
}

TEST_CASE("tomnext state rebuilds what a host showed of itself while it lived, at that very seq") {
  scratch_folder f;
  json shown;
  {
    live_node n(demo_file(), f / "log", {"--port", "0", "--stay"});
    // When all is answered: what a host shows of itself in between holds answers that have no seq yet.
    REQUIRE(eventually([&] { return n.actor("data_pipeline/ingress")["state"] == "stopped"; }, std::chrono::seconds(120)));
    shown = n.ask("/api/v1/risk_management")["hosts"][0];
    n.process().send(SIGTERM);
    CHECK(n.process().wait().exit_code == 130);
  }
  REQUIRE(shown["as_of_seq"].get<std::uint64_t>() > 0);
  const auto seq = std::to_string(shown["as_of_seq"].get<std::uint64_t>());
  for (const auto& further : std::vector<std::vector<std::string>>{{}, {"--from-first"}}) {
    std::vector<std::string> words{"state", f / "log", "risk_management/book", "--at", seq, "--json"};
    words.insert(words.end(), further.begin(), further.end());
    const auto p = tomnext_tool(words);
    INFO(p.err << p.out);
    REQUIRE(p.exit_code == 0);
    const auto then = json::parse(p.out);
    CHECK(then["view"] == shown["view"]);
    CHECK(then["as_of_seq"] == shown["as_of_seq"]);
  }
  const auto all = tomnext_tool({"state", f / "log", "--json"});
  REQUIRE(all.exit_code == 0);
  CHECK(json::parse(all.out).size() > 5);
  const auto by_time = tomnext_tool({"state", f / "log", "risk_management/book", "--at", "2012-02-02T00:00:00Z", "--json"});
  REQUIRE(by_time.exit_code == 0);
  CHECK(json::parse(by_time.out)["at"].get<std::string>() <= "2012-02-02T00:00:00Z");
  for (const auto& [words, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"state", f / "log", "nobody"}, "there is no host 'nobody'; there are "},
           {{"state", f / "log", "--at", "999999999"}, "the log has the events 1 to "},
           {{"state", f / "log", "--at", "yesterday"}, "--at takes the seq of an event, or a time"},
           {{"state", f / "log", "risk_management/book", "--question", "secrets"}, "risk_management/book: "}}) {
    const auto bad = tomnext_tool(words);
    CAPTURE(bad.err);
    CHECK(bad.exit_code != 0);
    CHECK(has_text(bad.err, why));
  }
}
