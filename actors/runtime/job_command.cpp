#include "actors/runtime/job_command.hpp"

#include "actors/replay/kernel.hpp"
#include "actors/runtime/command_text.hpp"
#include "domain/base/hash.hpp"

namespace tomnext::actors {
namespace {

constexpr operator_command number_of(job_verb v) {
  switch (v) {
    case job_verb::pause: return operator_command::pause_job;
    case job_verb::resume: return operator_command::resume_job;
    case job_verb::run: return operator_command::run_job;
  }
  return operator_command::none;
}

}  // namespace

std::uint32_t job_target(std::string_view job) {
  const auto h = hash64(job);
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

result<offered_input> job_command_of(job_verb verb, std::string_view job, const std::string& body) {
  const auto refuse = [](std::string why) { return error(errc::bad_request, std::move(why)); };
  std::string doubled;
  const auto j = parsed_once(body, doubled);
  if (!doubled.empty()) return refuse("the key '" + doubled + "' stands twice");
  if (!j.is_object()) return refuse(R"(a command to a job is a JSON object such as {"who":"ann","why":"the disk is full","idempotency_key":"7"})");
  operator_commanded c;
  c.command = number_of(verb);
  c.target = job_target(job);
  std::optional<std::uint64_t> expected_version;
  for (const auto& [key, value] : j.items()) {
    if (key == "expected_version") {
      if (!value.is_number_unsigned()) return refuse("expected_version must be a number: the seq of the command before this one, 0 for none");
      expected_version = value.get<std::uint64_t>();
      continue;
    }
    auto* const field = key == "who" ? &c.who : key == "why" ? &c.why : key == "idempotency_key" ? &c.idempotency_key : nullptr;
    if (field == nullptr) return refuse("unknown key '" + key + "'; allowed: who, why, idempotency_key, expected_version");
    if (!value.is_string()) return refuse(key + " must be a text");
    const auto word = value.get<std::string>();
    if (has_control(word)) return refuse(key + " holds a control character");
    if (!field->assign(word)) return refuse(key + " is longer than " + std::to_string(text::capacity) + " bytes");
  }
  if (c.who.empty()) return refuse("who is missing: every command names its operator");
  header h;
  h.host = replay::operator_ingress;
  return offered_input{event(h, c), false, expected_version};
}

}  // namespace tomnext::actors
