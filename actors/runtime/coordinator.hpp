// The coordinator of a service: answers for its hosts, and takes its operators' commands.
#pragma once
#include <functional>

#include "actors/protocols.hpp"

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
  coordinator_state(coordinator_protocol::pointer self, coordinator_settings settings) : self_(self), settings_(std::move(settings)) {}
  coordinator_protocol::behavior_type behavior();

 private:
  answer<std::string> ask_hosts(const std::string& question, const std::string& argument);
  struct command_under_way;
  answer<std::string> take_command(const std::string& json);
  void await_outcome(const std::shared_ptr<command_under_way>& c);
  void answer_command(const std::shared_ptr<command_under_way>& c);

  coordinator_protocol::pointer self_;
  coordinator_settings settings_;
};

}  // namespace tomnext::actors
