// NATS JetStream: one stream in files, through libnats and TCP on loopback, which is all it listens on. Its 2.9 acknowledges before it syncs.
#include <nats/nats.h>

#include "bench/peers/store.hpp"

namespace tomnext::bench::peers {
namespace {

constexpr const char* stream_name = "events";
constexpr const char* subject = "events";

void must_be_good(natsStatus s) {
  if (s == NATS_OK) return;
  const char* said = nats_GetLastError(nullptr);
  refuse("NATS", std::string(natsStatus_GetText(s)) + (said != nullptr ? std::string(": ") + said : ""));
}

struct closes {
  void operator()(natsOptions* o) const { natsOptions_Destroy(o); }
  void operator()(natsConnection* c) const { natsConnection_Destroy(c); }
  void operator()(jsCtx* c) const { jsCtx_Destroy(c); }
  void operator()(jsStreamInfo* i) const { jsStreamInfo_Destroy(i); }
  void operator()(natsMsg* m) const { natsMsg_Destroy(m); }
  void operator()(jsPubAck* a) const { jsPubAck_Destroy(a); }
};
template <class T> using owned = std::unique_ptr<T, closes>;
/// Takes over what `make` writes to the pointer it is given.
template <class T, class Make> owned<T> made(Make make) {
  T* raw = nullptr;
  must_be_good(make(&raw));
  return owned<T>(raw);
}

/// Whether a message leaves at once, or with those that follow it.
enum class sending : std::uint8_t { at_once, gathered };

class jetstream final : public store {
 public:
  jetstream(const std::string& url, sending s) {
    const auto options = made<natsOptions>([](auto** o) { return natsOptions_Create(o); });
    must_be_good(natsOptions_SetURL(options.get(), url.c_str()));
    must_be_good(natsOptions_SetSendAsap(options.get(), s == sending::at_once));
    connection_ = made<natsConnection>([&](auto** c) { return natsConnection_Connect(c, options.get()); });
    js_ = made<jsCtx>([&](auto** c) { return natsConnection_JetStream(c, connection_.get(), nullptr); });
  }

  void clear() override {
    jsErrCode why{};
    const auto gone = js_DeleteStream(js_.get(), stream_name, nullptr, &why);
    if (gone != NATS_OK && gone != NATS_NOT_FOUND) must_be_good(gone);
    jsStreamConfig config;
    must_be_good(jsStreamConfig_Init(&config));
    const char* subjects[] = {subject};
    config.Name = stream_name;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Duplicates = 100'000'000;  // ns; nothing here is sent twice, so nothing need be remembered for long
    made<jsStreamInfo>([&](auto** i) { return js_AddStream(i, js_.get(), &config, nullptr, &why); });
  }

  void commit(const batch& b) override {
    if (b.records.size() == 1) {
      const auto& r = b.records.front();
      jsErrCode why{};
      const auto ack = made<jsPubAck>([&](auto** a) { return js_Publish(a, js_.get(), subject, r.data(), static_cast<int>(r.size()), nullptr, &why); });
      if (ack->Sequence != b.first) refuse("NATS", "a message was stored elsewhere than after the one before it");
      return;
    }
    for (const auto& r : b.records) must_be_good(js_PublishAsync(js_.get(), subject, r.data(), static_cast<int>(r.size()), nullptr));
    must_be_good(js_PublishAsyncComplete(js_.get(), nullptr));
  }

  std::uint64_t size() override {
    jsErrCode why{};
    return made<jsStreamInfo>([&](auto** i) { return js_GetStreamInfo(i, js_.get(), stream_name, nullptr, &why); })->State.Msgs;
  }
  std::string record(std::uint64_t number) override {
    jsErrCode why{};
    const auto m = made<natsMsg>([&](auto** to) { return js_GetMsg(to, js_.get(), stream_name, number, nullptr, &why); });
    return {natsMsg_GetData(m.get()), static_cast<std::size_t>(natsMsg_GetDataLength(m.get()))};
  }
  [[nodiscard]] std::string server_url() const {
    char url[256];
    must_be_good(natsConnection_GetConnectedUrl(connection_.get(), url, sizeof url));
    return url;
  }

 private:
  owned<natsConnection> connection_;  // outlives its context
  owned<jsCtx> js_;
};

std::vector<contender> connect(const std::string& where) {
  auto gathered = std::make_unique<jetstream>(where, sending::gathered);
  const auto settings = "NATS JetStream at " + gathered->server_url() + ", libnats " + nats_GetVersion() +
                        ": file storage, one replica; synced by a timer (2 minutes in 2.9, no setting), NOT before the acknowledgement";
  std::vector<contender> all;
  all.push_back({"NATS JetStream, published without waiting", settings, acknowledgement::not_synced, use::groups, std::move(gathered)});
  all.push_back({"NATS JetStream, published and awaited", settings, acknowledgement::not_synced, use::single_events,
                 std::make_unique<jetstream>(where, sending::at_once)});
  return all;
}

const listed here({"nats", "a URL", connect});

}  // namespace
}  // namespace tomnext::bench::peers
