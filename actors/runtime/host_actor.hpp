// The actor around a host: registers, recovers from snapshot and log, activates, then answers every group that it is delivered.
#pragma once
#include <functional>

#include "actors/protocols.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/introspection.hpp"
#include "actors/runtime/poison.hpp"

namespace tomnext::actors {

/// What the node is told when a service cannot answer an input and passing it over would be wrong (a missing conversion rate, say): it stops.
using fatal_handler = std::function<void(const std::string& actor, const error& why)>;
/// (service, question, argument) → JSON, or an error. Questions are the service's own; "status" always works.
using view_function = std::function<result<std::string>(const hosted_service&, const std::string& question, const std::string& argument)>;

struct host_settings {
  host_definition definition;
  std::function<std::shared_ptr<hosted_service>()> make;  ///< a service with its first state
  view_function view;
  std::uint64_t configuration_hash{};
  std::uint64_t snapshot_every = 100'000;     ///< inputs between two progress marks, each with a snapshot
  std::chrono::seconds snapshot_interval{0};  ///< wall time after which one is due, where there were inputs since the last; 0: by inputs alone
  journal_protocol journal;
  std::function<reader_protocol()> reader;  ///< whoever reads the log now: readers are restarted
  std::function<keeper_protocol()> keeper;
  std::function<readiness_protocol()> readiness;
  fatal_handler fatal;
  std::shared_ptr<poison_watch> poison = std::make_shared<poison_watch>();  ///< the same for all lives of this host
};

class host_state {
 public:
  host_state(host_protocol::pointer self, host_settings settings);
  host_protocol::behavior_type behavior();

 private:
  void recover();
  void load_snapshot();
  void load(const snapshot_ref& s);
  void read_from(std::uint64_t seq);
  void fold(const std::vector<group_ref>& groups);
  void activate();
  void process(const persistence::group& group);
  template <class Work> auto surviving(Work work);
  void failed(const error& why);
  void answer_to(std::uint64_t seq, std::vector<reaction> reactions);
  void mark_progress();
  void look_at_interval();
  void order_look();
  void stop(const actor_error& reason);
  void give_up(const error& why);
  answer<std::string> show(const call_ref& call, const std::string& question, const std::string& argument);

  host_protocol::pointer self_;
  actor_record& record_;
  host_settings settings_;
  host_core core_;
  enrolment_ref enrolment_;
  recovery_point point_;
  std::uint64_t read_to_ = 0;                       // of the log, while recovering
  std::uint64_t next_mark_ = 0;                     // in inputs
  std::uint64_t marked_at_ = 0;                     // in inputs
  monotonic_time look_at_ = monotonic_time::max();  // when its own look for a snapshot is due; never, where there is no interval
  bool live_ = false;
  std::vector<group_ref> stash_;  // delivered while recovering
  requests_in_flight views_in_flight_;
};

}  // namespace tomnext::actors
