#include "actors/runtime/coordinator.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "actors/replay/kernel.hpp"
#include "actors/runtime/view_support.hpp"

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
    promise.deliver(json_bytes(nlohmann::json{{"service", service}, {"hosts", answers}}));
  }
};

// What the kill switch says to a command that it takes; empty where a command is none of its.
std::string trading_state_after(operator_command c) {
  switch (c) {
    case operator_command::halt: return "halted";
    case operator_command::reduce: return "reducing";
    case operator_command::resume: return "active";
    default: return {};
  }
}

// An object in which no key stands twice: the last one would win, and it may be the one that nobody meant.
nlohmann::json parsed_once(const std::string& text, std::string& doubled) {
  std::set<std::string> keys;
  return nlohmann::json::parse(
      text,
      [&](int depth, nlohmann::json::parse_event_t what, nlohmann::json& value) {
        if (depth == 1 && what == nlohmann::json::parse_event_t::key && !keys.insert(value.get<std::string>()).second) doubled = value.get<std::string>();
        return true;
      },
      false);
}

bool has_control(const std::string& s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

result<offered_input> command_of(const std::string& text, const coordinator_settings& s) {
  const auto refuse = [](std::string why) { return error(errc::bad_request, std::move(why)); };
  if (!s.command) return refuse(s.service + " takes no commands");
  std::string doubled;
  const auto j = parsed_once(text, doubled);
  if (!doubled.empty()) return refuse("the key '" + doubled + "' stands twice");
  if (!j.is_object()) return refuse(R"(a command is a JSON object such as {"command":"halt","who":"ann","why":"news","idempotency_key":"7"})");
  operator_commanded c;
  std::optional<std::uint64_t> expected_version;
  for (const auto& [key, value] : j.items()) {
    if (key == "target") {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() > UINT32_MAX) return refuse("target must be a number, 0 for all");
      c.target = value.get<std::uint32_t>();
      continue;
    }
    if (key == "expected_version") {
      if (!value.is_number_unsigned()) return refuse("expected_version must be a number: the seq of the command before this one, 0 for none");
      expected_version = value.get<std::uint64_t>();
      continue;
    }
    if (!value.is_string()) return refuse(key + " must be a text");
    const auto word = value.get<std::string>();
    if (has_control(word)) return refuse(key + " holds a control character");
    bool good = true;
    if (key == "command") {
      const auto known = s.command(word);
      if (!known) return refuse("unknown command '" + word + "' for " + s.service);
      c.command = *known;
    } else if (key == "who") good = c.who.assign(word);
    else if (key == "why") good = c.why.assign(word);
    else if (key == "idempotency_key") good = c.idempotency_key.assign(word);
    else return refuse("unknown key '" + key + "'; allowed: command, target, who, why, idempotency_key, expected_version");
    if (!good) return refuse(key + " is longer than " + std::to_string(text::capacity) + " bytes");
  }
  if (c.command == operator_command::none) return refuse("command is missing");
  if (c.who.empty()) return refuse("who is missing: every command names its operator");
  header h;
  h.host = replay::operator_ingress;
  return offered_input{event(h, c), false, expected_version};
}

}  // namespace

struct coordinator_state::command_under_way {
  promise_guard<std::string> promise;
  std::uint64_t seq;
  std::uint64_t outcome;
  bool must_be_answered;  // by an event: silence means that it was not taken
  [[nodiscard]] auto fail() {
    return [p = promise](const caf::error& why) mutable { p.deliver(to_caf(from_caf(why))); };
  }
};

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

// The answer is the outcome: given when all hosts have answered the command and what they said is durable. A repetition gets the first time's: the same
// seqs, and the service as it is now.
answer<std::string> coordinator_state::take_command(const std::string& json) {
  auto input = command_of(json, settings_);
  if (!input) return to_caf(input.error());
  auto promise = self_->make_response_promise<std::string>();
  const auto c = std::make_shared<command_under_way>(command_under_way{promise_guard<std::string>(caf::typed_response_promise<std::string>(promise)), 0, 0,
                                                                       !trading_state_after(input->what.as<operator_commanded>().command).empty()});
  ask(self_, settings_.time_authority(), command_deadline, urgent_v, inputs_ref(std::make_shared<const std::vector<offered_input>>(1, *input)))
      .then(
          [this, c](std::uint64_t seq) {
            c->seq = seq;
            await_outcome(c);
          },
          c->fail());
  return promise;
}

void coordinator_state::await_outcome(const std::shared_ptr<command_under_way>& c) {
  ask(self_, settings_.journal, command_deadline, await_v, c->seq)
      .then(
          [this, c](std::uint64_t) {
            ask(self_, settings_.journal, command_deadline, outcome_v, c->seq)
                .then(
                    [this, c](std::uint64_t outcome) {
                      c->outcome = outcome;
                      answer_command(c);
                    },
                    c->fail());
          },
          c->fail());
}

void coordinator_state::answer_command(const std::shared_ptr<command_under_way>& c) {
  ask(self_, coordinator_protocol(self_), command_deadline, status_v)
      .then(
          [c](const std::string& status) {
            auto now = nlohmann::json::parse(status, nullptr, false);
            if (!c->must_be_answered || c->outcome != 0)
              return c->promise.deliver(json_bytes(nlohmann::json{{"seq", c->seq}, {"durable_seq", std::max(c->seq, c->outcome)}, {"status", std::move(now)}}));
            c->promise.deliver(to_caf({errc::illegal_transition, "not taken: the key was used before, or the operator may not (trading state: " +
                                                                     now["hosts"][0]["view"].value("trading_state", "unknown") + ")"}));
          },
          c->fail());
}

}  // namespace tomnext::actors
