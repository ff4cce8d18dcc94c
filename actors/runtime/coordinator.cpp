#include "actors/runtime/coordinator.hpp"

#include <nlohmann/json.hpp>

#include "actors/replay/kernel.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;
constexpr auto host_deadline = 1s;
constexpr auto command_deadline = 5s;

// Answers of several hosts, collected in their order; the last one completes the promise.
struct collection {
  promise_guard<std::string> promise;
  std::string service;
  nlohmann::json answers;
  std::size_t missing;
  void finish_one() {
    if (--missing > 0) return;
    promise.deliver(nlohmann::json{{"service", service}, {"hosts", answers}}.dump());
  }
};

result<event> command_of(const std::string& text, const coordinator_settings& s) {
  const auto refuse = [](std::string why) { return error(errc::bad_request, std::move(why)); };
  if (!s.command) return refuse(s.service + " takes no commands");
  const auto j = nlohmann::json::parse(text, nullptr, false);
  if (!j.is_object()) return refuse(R"(a command is a JSON object such as {"command":"halt","who":"ann","why":"news","idempotency_key":"7"})");
  operator_commanded c;
  for (const auto& [key, value] : j.items()) {
    if (key == "target") {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() > UINT32_MAX) return refuse("target must be a number, 0 for all");
      c.target = value.get<std::uint32_t>();
      continue;
    }
    if (!value.is_string()) return refuse(key + " must be a text");
    const auto word = value.get<std::string>();
    bool good = true;
    if (key == "command") {
      const auto known = s.command(word);
      if (!known) return refuse("unknown command '" + word + "' for " + s.service);
      c.command = *known;
    } else if (key == "who") good = c.who.assign(word);
    else if (key == "why") good = c.why.assign(word);
    else if (key == "idempotency_key") good = c.idempotency_key.assign(word);
    else return refuse("unknown key '" + key + "'; allowed: command, target, who, why, idempotency_key");
    if (!good) return refuse(key + " is longer than " + std::to_string(text::capacity) + " bytes");
  }
  if (c.command == operator_command::none) return refuse("command is missing");
  if (c.who.empty()) return refuse("who is missing: every command names its operator");
  header h;
  h.host = replay::operator_ingress;
  return event(h, c);
}

}  // namespace

coordinator_protocol::behavior_type coordinator_state::behavior() {
  return {
      [this](status_atom) { return ask_hosts("status", ""); },
      [this](query_atom, const std::string& question, const std::string& argument) { return ask_hosts(question, argument); },
      [this](command_atom, const std::string& json) { return take_command(json); },
  };
}

answer<std::string> coordinator_state::ask_hosts(const std::string& question, const std::string& argument) {
  auto promise = self_->make_response_promise<std::string>();
  auto all =
      std::make_shared<collection>(collection{promise_guard<std::string>(promise), settings_.service, nlohmann::json::array(), settings_.hosts.size() + 1});
  all->answers.get_ref<nlohmann::json::array_t&>().resize(settings_.hosts.size());
  for (std::size_t i = 0; i < settings_.hosts.size(); ++i) {
    const auto& name = settings_.hosts[i];
    const auto host = settings_.host(name);
    if (!host) {
      all->answers[i] = {{"host", name}, {"error", "it has not started yet"}};
      all->finish_one();
      continue;
    }
    ask(self_, host, host_deadline, query_v, question, argument)
        .then(
            [all, i](const std::string& json) {
              all->answers[i] = nlohmann::json::parse(json, nullptr, false);
              all->finish_one();
            },
            [all, i, name](const caf::error& e) {
              all->answers[i] = {{"host", name}, {"error", from_caf(e).message}};
              all->finish_one();
            });
  }
  all->finish_one();  // the one too many: a service without hosts answers too
  return promise;
}

// The answer is the outcome: given when all hosts have answered the command and what they said is durable.
answer<std::string> coordinator_state::take_command(const std::string& json) {
  auto e = command_of(json, settings_);
  if (!e) return to_caf(e.error());
  auto promise = self_->make_response_promise<std::string>();
  promise_guard<std::string> guard{caf::typed_response_promise<std::string>(promise)};
  const auto fail = [guard](const caf::error& why) mutable { guard.deliver(to_caf(from_caf(why))); };
  ask(self_, settings_.time_authority(), command_deadline, urgent_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(1, offered_input{*e})))
      .then(
          [this, guard, fail](std::uint64_t head) mutable {
            ask(self_, settings_.journal, command_deadline, await_v, head)
                .then(
                    [this, guard, fail](std::uint64_t durable) mutable {
                      ask(self_, coordinator_protocol(self_), command_deadline, status_v)
                          .then(
                              [guard, durable](const std::string& status) mutable {
                                guard.deliver(nlohmann::json{{"durable_seq", durable}, {"status", nlohmann::json::parse(status, nullptr, false)}}.dump());
                              },
                              fail);
                    },
                    fail);
          },
          fail);
  return promise;
}

}  // namespace tomnext::actors
