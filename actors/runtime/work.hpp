// Work apart from actors: jobs that take long or block, and what they see of the pool that runs them. Knows no actors.
#pragma once
#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "actors/runtime/call.hpp"
#include "domain/base/result.hpp"

namespace tomnext::actors {

using work_id = std::uint64_t;

/// Each is served before the next; what has waited long is served now and then all the same.
enum class work_priority : std::uint8_t { urgent, normal, background };
inline constexpr std::size_t work_priorities = 3;
constexpr const char* word_of(work_priority p) {
  switch (p) {
    case work_priority::urgent: return "urgent";
    case work_priority::normal: return "normal";
    case work_priority::background: return "background";
  }
  return "unknown";
}

/// Whatever a job came to; whoever submitted it knows the type.
struct job_result {
  std::any value;
  template <class T> [[nodiscard]] const T* get_if() const { return std::any_cast<T>(&value); }
};

/// What a job that runs sees of the world.
class job_control {
 public:
  using progress_sink = std::function<void(std::uint64_t done, std::uint64_t total, std::string_view text)>;
  job_control(cancellation_token token, progress_sink sink) : token_(std::move(token)), sink_(std::move(sink)) {}

  /// To be looked at every few milliseconds: one relaxed load. True once the caller gave up, the deadline passed, or the pool stops.
  [[nodiscard]] bool cancelled() const { return token_.cancelled(); }
  /// The error to return then.
  [[nodiscard]] error why() const { return token_.reason().value_or(error(errc::cancelled, "cancelled")); }
  /// For whatever takes a token of its own.
  [[nodiscard]] const cancellation_token& token() const { return token_; }
  /// `total` 0: not known. Shown to whoever asks; texts are cut at 100 bytes.
  void progress(std::uint64_t done, std::uint64_t total, std::string_view text = {}) { sink_(done, total, text); }

 private:
  cancellation_token token_;
  progress_sink sink_;
};

struct job {
  std::string name;   ///< for people: "value at risk of book 3"
  std::string owner;  ///< who shares the pool with others: "risk_management"
  work_priority priority = work_priority::normal;
  std::chrono::milliseconds weight{100};                ///< how long it will take, roughly: what is known when it begins. Afterwards the time itself counts.
  call_ref call;                                        ///< its deadline is finite; its token cancels the job, waiting or running
  std::function<result<job_result>(job_control&)> run;  ///< on a worker's thread; an exception is an error of this job alone
};
using job_ref = std::shared_ptr<const job>;
using job_result_ref = std::shared_ptr<const job_result>;

/// A job with the control of its run: what a worker gets.
struct work_order {
  work_id id{};
  job_ref what;
  std::shared_ptr<job_control> control;
};
using work_order_ref = std::shared_ptr<const work_order>;

/// What a worker says afterwards.
struct work_done {
  result<job_result> came_to;
  std::chrono::nanoseconds took{};
};
using work_done_ref = std::shared_ptr<const work_done>;

}  // namespace tomnext::actors
