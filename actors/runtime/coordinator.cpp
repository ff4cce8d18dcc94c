#include "actors/runtime/coordinator.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/replay/kernel.hpp"
#include "actors/runtime/ask_within.hpp"
#include "actors/runtime/command_text.hpp"
#include "actors/runtime/view_support.hpp"
#include "domain/base/hash.hpp"

namespace tomnext::actors {
namespace {

using namespace std::chrono_literals;
constexpr auto host_deadline = 1s;
constexpr auto command_deadline = 5s;

// A host that hangs would hold up each answer: after a few time-outs it is left alone for a while. One that ends is its supervisor's to mend.
breaker_limits host_breaker() {
  breaker_limits l;
  l.failure_share_percent = 0;
  l.trial_deadline = 2 * host_deadline;
  return l;
}
// A host that had less time than this when it timed out is not to blame.
constexpr auto host_time_min = 500ms;

// What hosts get of a call: the rest is for their coordinator, which answers with what it has.
std::chrono::milliseconds share_of_hosts(std::chrono::milliseconds remaining) {
  return std::min<std::chrono::milliseconds>(host_deadline, remaining - remaining / 10);
}

}  // namespace

// Answers of several hosts, collected in their order; the last one completes them.
struct coordinator_state::collection {
  on_collected done;
  std::string service;
  nlohmann::json answers;
  std::size_t missing;
  void finish_one() {
    if (--missing == 0) done({{"service", service}, {"hosts", std::move(answers)}});
  }
};

// One question to one host.
struct coordinator_state::host_question {
  std::shared_ptr<collection> all;
  std::size_t host;  // its place in the settings
  call_ref call;
  std::string question, argument;
  std::uint32_t attempts = 0;
  std::chrono::steady_clock::time_point again_at{};
  void finish(nlohmann::json answer) const {
    all->answers[host] = std::move(answer);
    all->finish_one();
  }
};

namespace {

// What the kill switch says to a command that it takes; empty where a command is none of its.
std::string trading_state_after(operator_command c) {
  switch (c) {
    case operator_command::halt: return "halted";
    case operator_command::reduce: return "reducing";
    case operator_command::resume: return "active";
    default: return {};
  }
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
  call_ref call;
  std::uint64_t seq;
  std::uint64_t outcome;
  bool must_be_answered;  // by an event: silence means that it was not taken
  [[nodiscard]] auto fail() {
    return [p = promise](const actor_error& why) mutable { p.deliver(to_caf(from_caf(why))); };
  }
};

coordinator_state::coordinator_state(coordinator_protocol::pointer self, coordinator_settings settings)
    : self_(self), settings_(std::move(settings)), retries_({}, repetitions_, hash64(settings_.service)) {
  for (const auto& name : settings_.hosts) breakers_.emplace_back(name, host_breaker(), hash64(name));
}

coordinator_protocol::behavior_type coordinator_state::behavior() {
  return {
      [this](status_atom, const call_ref& c) { return ask_hosts(c, "status", ""); },
      [this](query_atom, const call_ref& c, const std::string& question, const std::string& argument) { return ask_hosts(c, question, argument); },
      [this](command_atom, const call_ref& c, const std::string& json) { return take_command(c, json); },
      [this](tick_atom) { ask_again(); },
  };
}

// ---- questions -------------------------------------------------------------------------------------

answer<std::string> coordinator_state::ask_hosts(const call_ref& c, const std::string& question, const std::string& argument) {
  if (auto wanted = still_wanted(self_, c); !wanted) return to_caf(wanted.error());
  auto promise = promise_answer<std::string>(self_);
  collect(c, question, argument, [guard = promise_guard<std::string>(promise)](nlohmann::json all) mutable { guard.deliver(json_bytes(all)); });
  return promise;
}

void coordinator_state::collect(const call_ref& c, const std::string& question, const std::string& argument, on_collected done) {
  const auto now = self_->clock().now();
  const auto for_hosts = c->child(now, share_of_hosts(c->remaining(now)));
  auto all = std::make_shared<collection>(collection{std::move(done), settings_.service, nlohmann::json::array(), settings_.hosts.size() + 1});
  all->answers.get_ref<nlohmann::json::array_t&>().resize(settings_.hosts.size());
  for (std::size_t i = 0; i < settings_.hosts.size(); ++i) {
    retries_.called();
    ask_host(std::make_shared<host_question>(host_question{all, i, for_hosts, question, argument}));
  }
  all->finish_one();  // the one too many: a service without hosts answers too
}

void coordinator_state::ask_host(const std::shared_ptr<host_question>& h) {
  const auto& name = settings_.hosts[h->host];
  const auto now = self_->clock().now();
  const auto permit = breakers_[h->host].admit(now);
  if (!permit) return h->finish({{"host", name}, {"error", permit.error().message}});
  ++h->attempts;
  ask_within(self_, flight_of(*h->call), *h->call, settings_.host(name), query_v, h->call, h->question, h->argument)
      .then(
          [this, h, p = *permit](const std::string& json) {
            breakers_[h->host].answered(p, self_->clock().now());
            h->finish(nlohmann::json::parse(json, nullptr, false));
          },
          [this, h, p = *permit, asked_at = now](const actor_error& e) { host_failed(h, p, asked_at, from_caf(e)); });
}

void coordinator_state::host_failed(const std::shared_ptr<host_question>& h, const circuit_breaker::permit& p, std::chrono::steady_clock::time_point asked_at,
                                    const error& why) {
  const auto now = self_->clock().now();
  if (why.code == errc::timed_out && now - asked_at >= host_time_min) breakers_[h->host].failed(p, why, now);
  else breakers_[h->host].withdrawn(p, now);
  const auto wait = retries_.after(why, h->attempts, now, h->call->deadline);
  if (!wait) return h->finish({{"host", settings_.hosts[h->host]}, {"error", wait.error().message}});
  h->again_at = now + *wait;
  again_.push_back(h);
  tell_later(self_, *wait, tick_v);
}

void coordinator_state::ask_again() {
  const auto now = self_->clock().now();
  const auto due = std::stable_partition(again_.begin(), again_.end(), [&](const auto& h) { return h->again_at > now; });
  const std::vector<std::shared_ptr<host_question>> all(due, again_.end());
  again_.erase(due, again_.end());
  for (const auto& h : all) ask_host(h);
}

// ---- commands --------------------------------------------------------------------------------------

// The answer is the outcome: given when all hosts have answered the command and what they said is durable. A repetition gets the first time's: the same
// seqs, and the service as it is now. One whose operator has given up is not begun; one that was begun goes on, and its outcome is there to be asked for.
answer<std::string> coordinator_state::take_command(const call_ref& call, const std::string& json) {
  if (auto wanted = still_wanted(self_, call); !wanted) return to_caf(wanted.error());
  auto input = command_of(json, settings_);
  if (!input) return to_caf(input.error());
  auto promise = promise_answer<std::string>(self_);
  const auto c = std::make_shared<command_under_way>(command_under_way{promise_guard<std::string>(promise), call->child(self_->clock().now(), command_deadline),
                                                                       0, 0, !trading_state_after(input->what.as<operator_commanded>().command).empty()});
  ask_within(self_, commands_in_flight_, *c->call, settings_.time_authority(), urgent_v,
             inputs_ref(std::make_shared<const std::vector<offered_input>>(1, *input)))
      .then(
          [this, c](std::uint64_t seq) {
            c->seq = seq;
            await_outcome(c);
          },
          c->fail());
  return promise;
}

void coordinator_state::await_outcome(const std::shared_ptr<command_under_way>& c) {
  ask_within(self_, commands_in_flight_, *c->call, settings_.journal, await_v, c->seq)
      .then(
          [this, c](std::uint64_t, std::uint64_t outcome) {
            c->outcome = outcome;
            answer_command(c);
          },
          c->fail());
}

void coordinator_state::answer_command(const std::shared_ptr<command_under_way>& c) {
  if (auto wanted = still_wanted(self_, c->call); !wanted) return c->promise.deliver(to_caf(wanted.error()));
  collect(c->call, "status", "", [c](nlohmann::json now) {
    if (!c->must_be_answered || c->outcome != 0)
      return c->promise.deliver(json_bytes(nlohmann::json{{"seq", c->seq}, {"durable_seq", std::max(c->seq, c->outcome)}, {"status", std::move(now)}}));
    const auto& hosts = now["hosts"];
    const auto state = hosts.empty() || !hosts[0].contains("view") ? std::string("unknown") : hosts[0]["view"].value("trading_state", "unknown");
    c->promise.deliver(to_caf({errc::illegal_transition, "not taken: the key was used before, or the operator may not (trading state: " + state + ")"}));
  });
}

}  // namespace tomnext::actors
