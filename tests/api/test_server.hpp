// A server with handlers that a test can hold, delay and count.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "actors/api/http_server.hpp"
#include "tests/api/raw_client.hpp"
#include "tests/support/catch.hpp"

namespace tomnext::tests {

/// Answers from a thread of its own, as an actor would.
class answering_thread {
 public:
  answering_thread() : thread_([this] { run(); }) {}
  answering_thread(const answering_thread&) = delete;
  answering_thread& operator=(const answering_thread&) = delete;
  ~answering_thread() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void later(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return done_ || !work_.empty(); });
      if (work_.empty()) return;
      const auto work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  bool done_ = false;
  std::thread thread_;
};

/// Keeps responders of requests that the test wants to leave open.
class held_responders {
 public:
  void hold(api::responder r) {
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(r));
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void answer_all(const api::http_response& r) {
    const std::lock_guard lock(mutex_);
    for (const auto& one : held_) one(r);
  }

 private:
  std::mutex mutex_;
  std::vector<api::responder> held_;
};

inline api::http_response plain(std::string body) { return {200, "text/plain", std::move(body), {}}; }

/// "METHOD path?query body": what the server understood.
inline std::string echo_of(const api::http_request& q) { return q.method + " " + q.path + "?" + q.query + " " + q.body; }
inline void echo(const api::http_request& q, const api::responder& respond) { respond(plain(echo_of(q))); }

inline std::unique_ptr<api::http_server> serving(api::http_handler handler, const api::http_settings& settings = {}) {
  auto started = api::http_server::start(settings, std::move(handler));
  if (!started) FAIL(started.error().message);
  return std::move(*started);
}

/// The code of an answer in the error envelope; fails the test where the answer is not exactly that envelope.
inline std::string envelope_code(const std::optional<raw_answer>& a, unsigned status) {
  REQUIRE(a.has_value());
  CHECK(a->status == status);
  CHECK(a->headers.at("content-type") == "application/json");
  const auto envelope = nlohmann::json::parse(a->body, nullptr, false);
  REQUIRE(envelope.is_object());
  CHECK(envelope.size() == 4);
  CHECK(envelope.at("details").is_object());
  CHECK_FALSE(envelope.at("message").get<std::string>().empty());
  CHECK(envelope.at("correlation_id") == a->headers.at("x-correlation-id"));
  return envelope.at("code");
}

}  // namespace tomnext::tests
