// The coordinator of a service: answers for its hosts, and takes its operators' commands.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>

#include "actors/protocols.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/circuit_breaker.hpp"

namespace tomnext::actors {

struct coordinator_settings {
  std::string service;
  std::vector<std::string> hosts;                                              ///< names
  std::function<host_protocol(const std::string&)> host;                       ///< where one is now
  std::function<std::optional<operator_command>(const std::string&)> command;  ///< the commands that this service takes; null: none
  journal_protocol journal;
  std::function<time_protocol()> time_authority;
};

class coordinator_state {
 public:
  coordinator_state(coordinator_protocol::pointer self, coordinator_settings settings);
  coordinator_protocol::behavior_type behavior();

 private:
  struct collection;
  struct host_question;
  using on_collected = std::function<void(nlohmann::json)>;
  answer<std::string> ask_hosts(const call_ref& c, const std::string& question, const std::string& argument);
  void collect(const call_ref& c, const std::string& question, const std::string& argument, on_collected done);
  void ask_host(const std::shared_ptr<host_question>& h);
  void host_failed(const std::shared_ptr<host_question>& h, const circuit_breaker::permit& p, std::chrono::steady_clock::time_point asked_at, const error& why);
  void ask_again();
  requests_in_flight& flight_of(const call& c) { return c.how == urgency::urgent ? commands_in_flight_ : flight_; }
  struct command_under_way;
  answer<std::string> take_command(const call_ref& call, const std::string& json);
  void await_outcome(const std::shared_ptr<command_under_way>& c);
  void answer_command(const std::shared_ptr<command_under_way>& c);

  coordinator_protocol::pointer self_;
  coordinator_settings settings_;
  // What people ask for its own sake must not keep a command out, nor what a command is answered with.
  requests_in_flight flight_, commands_in_flight_;
  retry_budget repetitions_;
  retry_policy<query_atom> retries_;
  std::vector<circuit_breaker> breakers_;              // of the hosts, in their order
  std::vector<std::shared_ptr<host_question>> again_;  // their time has not come yet; the budget bounds them
};

}  // namespace tomnext::actors
