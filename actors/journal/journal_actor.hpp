// The journal on the scheduler: gives every event its place and publishes it at once; the writer makes it durable behind.
#pragma once
#include <deque>
#include <functional>
#include <vector>

#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"
#include "actors/runtime/dispatcher.hpp"

namespace tomnext::actors {

struct journal_settings {
  ordering order = ordering::lockstep;
  /// Sequenced but not durable, or not answered by the slowest host: when so many events are, the ingress waits. Bounds the journal's memory and all mailboxes.
  std::uint64_t window_events = 8'192;
  /// Where a group goes when it has been sequenced; for measurements. Called in the journal's context.
  std::function<void(const persistence::group&)> tap;
};

/// The state of the journal actor. Built before it is spawned, from the whole stored log; never restarted in place: its death ends the node.
class journal_state {
 public:
  journal_state(journal_protocol::pointer self, journal_settings settings, std::shared_ptr<sequencer> restored, std::vector<host_definition> hosts,
                writer_protocol writer, persistence::log_head durable);
  journal_protocol::behavior_type behavior();

 private:
  struct admission {
    std::uint64_t seq;  // the answer; 0: the head
    promise_guard<std::uint64_t> promise;
  };
  struct outcome {
    std::uint64_t seq;
    std::uint64_t durable_from;  // 0: not yet answered by all hosts
    promise_guard<std::uint64_t, std::uint64_t> promise;
  };
  struct view {
    host_id host;
    std::uint64_t seq;
    std::uint64_t durable_from;  // 0: not yet answered by it
    promise_guard<std::uint64_t> promise;
  };
  struct started {
    enrolment_ref granted;
    bool when_durable;
    promise_guard<enrolment_ref> promise;
  };
  enrolment_ref enroll(host_id host, const actor_ptr& who);
  void extend_marks(answer_batch& batch) const;
  void take(const answers_ref& batch);
  [[nodiscard]] result<std::uint64_t> may_admit(const std::vector<offered_input>& inputs) const;
  void admit(const std::vector<offered_input>& inputs, std::uint64_t known, promise_guard<std::uint64_t> promise);
  void set_full(const std::string& why);
  void publish();
  void settle_promises();
  [[nodiscard]] bool has_credit() const;
  [[nodiscard]] bool settled() const;
  [[nodiscard]] std::string status() const;

  journal_protocol::pointer self_;
  actor_record& record_;
  journal_settings settings_;
  std::shared_ptr<sequencer> sequencer_;
  dispatcher dispatcher_;
  writer_protocol writer_;
  time_protocol time_authority_;
  persistence::log_head durable_;
  std::deque<group_ref> not_yet_durable_;
  std::uint64_t events_in_memory_ = 0;  // in them
  std::deque<admission> admissions_;
  std::deque<promise_guard<std::uint64_t>> settlements_;
  std::deque<std::pair<time_protocol, promise_guard<timers_ref>>> authorities_;  // that begin, and wait for credit
  std::vector<started> enrolments_;
  std::vector<outcome> outcomes_;
  std::vector<view> views_;
  std::uint64_t refused_ = 0;
  std::string full_;  // why the log takes nothing; empty: it does
};

}  // namespace tomnext::actors
