// Who has recovered, and who is still to come: inputs are offered only when all are ready.
#pragma once
#include <set>
#include <string_view>

#include "actors/protocols.hpp"
#include "actors/runtime/introspection.hpp"

namespace tomnext::actors {

class readiness_state {
 public:
  /// `expected`: the names of all that must have recovered. Where this actor itself was restarted, introspection tells who has already.
  readiness_state(readiness_protocol::pointer self, const std::vector<std::string>& expected, const std::shared_ptr<introspection>& figures) : self_(self) {
    for (const auto& name : expected) {
      const auto record = figures->find(name);
      if (!record || std::string_view(record->state()) != "running") missing_.insert(name);
    }
  }
  readiness_protocol::behavior_type behavior() {
    return {
        [this](ready_atom, const std::string& name) {
          missing_.erase(name);
          answer_all();
        },
        [this](unready_atom, const std::string& name) { missing_.insert(name); },
        [this](await_atom) -> answer<bool> {
          auto promise = promise_answer<bool>(self_);
          waiting_.emplace_back(promise);
          answer_all();
          return promise;
        },
        [this](ready_atom) -> answer<bool> { return missing_.empty(); },
    };
  }

 private:
  void answer_all() {
    if (!missing_.empty()) return;
    for (auto& w : std::exchange(waiting_, {})) w.deliver(true);
  }
  readiness_protocol::pointer self_;
  std::set<std::string> missing_;
  std::vector<promise_guard<bool>> waiting_;
};

}  // namespace tomnext::actors
