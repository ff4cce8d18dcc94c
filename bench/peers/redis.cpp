// Redis: one stream, through hiredis and a Unix socket. Its commands are put together here, and all go out before the first answer is read.
#include <hiredis/hiredis.h>

#include "bench/peers/store.hpp"

namespace tomnext::bench::peers {
namespace {

struct closes {
  void operator()(redisContext* c) const { redisFree(c); }
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using reply = std::unique_ptr<redisReply, closes>;

class connection {
 public:
  explicit connection(const std::string& socket) : c_(redisConnectUnix(socket.c_str())) {
    if (!c_ || c_->err != 0) refuse("Redis", c_ ? c_->errstr : "no memory");
  }
  void send(const std::string& commands) {
    if (redisAppendFormattedCommand(c_.get(), commands.data(), commands.size()) != REDIS_OK) refuse("Redis", c_->errstr);
  }
  reply receive() {
    void* raw = nullptr;
    if (redisGetReply(c_.get(), &raw) != REDIS_OK) refuse("Redis", c_->errstr);
    reply r(static_cast<redisReply*>(raw));
    if (r->type == REDIS_REPLY_ERROR) refuse("Redis", r->str);
    return r;
  }
  reply ask(std::initializer_list<std::string_view> words) {
    std::string command;
    put(command, words);
    send(command);
    return receive();
  }
  std::string setting(std::string_view name) {
    const auto r = ask({"CONFIG", "GET", name});
    return r->elements == 2 ? r->element[1]->str : "";
  }
  /// A command in Redis's protocol.
  static void put(std::string& to, std::initializer_list<std::string_view> words) {
    to += '*' + std::to_string(words.size()) + "\r\n";
    for (const auto w : words) {
      to += '$';
      to += std::to_string(w.size());
      to += "\r\n";
      to += w;
      to += "\r\n";
    }
  }

 private:
  std::unique_ptr<redisContext, closes> c_;
};

/// What makes a commit of many commands: nothing (Redis syncs whenever it has read and done what was on the socket), or a transaction.
enum class grouping : std::uint8_t { pipeline, transaction };

class stream final : public store {
 public:
  stream(const std::string& socket, std::string name, grouping by) : db_(socket), name_(std::move(name)), by_(by) {}

  void clear() override { db_.ask({"DEL", name_}); }

  void commit(const batch& b) override {
    const bool transaction = by_ == grouping::transaction && b.records.size() > 1;
    commands_.clear();
    if (transaction) connection::put(commands_, {"MULTI"});
    auto seq = b.first;
    for (const auto& r : b.records) connection::put(commands_, {"XADD", name_, std::to_string(seq++) + "-0", "p", r});
    if (transaction) connection::put(commands_, {"EXEC"});
    db_.send(commands_);
    const auto replies = b.records.size() + (transaction ? 1 : 0);
    for (std::size_t i = 0; i < replies; ++i) db_.receive();
    if (transaction && db_.receive()->elements != b.records.size()) refuse("Redis", "the transaction was not executed as a whole");
  }

  std::uint64_t size() override { return static_cast<std::uint64_t>(db_.ask({"XLEN", name_})->integer); }
  std::string record(std::uint64_t number) override {
    const auto id = std::to_string(number) + "-0";
    const auto r = db_.ask({"XRANGE", name_, id, id});
    if (r->elements != 1 || r->element[0]->elements != 2 || r->element[0]->element[1]->elements != 2) return {};
    const auto* payload = r->element[0]->element[1]->element[1];
    return {payload->str, payload->len};
  }

 private:
  connection db_;
  std::string name_;
  grouping by_;
  std::string commands_;
};

std::vector<contender> connect(const std::string& where) {
  connection c(where);
  if (c.setting("appendonly") != "yes" || c.setting("appendfsync") != "always")
    refuse("Redis", "appendonly must be yes and appendfsync always: a commit that is not synced is not what is compared here");
  const std::string about = c.ask({"INFO", "server"})->str;
  const auto version = about.substr(about.find("redis_version:") + 14);
  auto settings = "Redis " + version.substr(0, version.find_first_of("\r\n")) + ":";
  for (const char* name : {"appendonly", "appendfsync", "save", "auto-aof-rewrite-percentage", "stream-node-max-bytes", "io-threads"})
    settings += std::string(" ") + name + "=" + c.setting(name);
  settings += "; one stream, ids given; Unix socket, hiredis";
  std::vector<contender> all;
  all.push_back({"Redis, XADDs in a MULTI", settings, acknowledgement::synced, use::groups, std::make_unique<stream>(where, "multi", grouping::transaction)});
  all.push_back({"Redis, XADDs in a pipeline", settings, acknowledgement::synced, use::both, std::make_unique<stream>(where, "pipeline", grouping::pipeline)});
  return all;
}

const listed here({"redis", "a Unix socket", connect});

}  // namespace
}  // namespace tomnext::bench::peers
