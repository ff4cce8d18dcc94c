#include "actors/api/metrics.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "actors/api/utf8.hpp"

namespace tomnext::api {
namespace {

enum class name_of { metric, label };

/// [a-zA-Z_][a-zA-Z0-9_]*, with ':' in names of metrics only.
std::string valid_name(std::string_view text, name_of what) {
  std::string name(text.empty() ? "_" : text);
  for (char& c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c == ':' && what == name_of::metric);
    if (!letter && !(c >= '0' && c <= '9')) c = '_';
  }
  if (name.front() >= '0' && name.front() <= '9') name.insert(name.begin(), '_');
  return name;
}

enum class quoting { help, label };

/// HELP escapes backslash and line feed; a label value the double quote too.
std::string escaped(std::string_view text, quoting where) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (c == '"' && where == quoting::label) out += "\\\"";
    else out += c;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string written(const metric_labels& labels) {
  std::string out;
  std::set<std::string> seen;
  for (const auto& [name, value] : labels) {
    auto valid = valid_name(name, name_of::label);
    while (!seen.insert(valid).second) valid += '_';
    out += (out.empty() ? "{" : ",") + valid + "=\"" + escaped(value, quoting::label) + "\"";
  }
  return out.empty() ? out : out + "}";
}

}  // namespace

void metrics_text::add(std::string_view type, std::string_view name, std::string_view help, const metric_labels& labels, double value) {
  const auto valid = valid_name(name, name_of::metric);
  const auto [place, fresh] = place_.try_emplace(valid, families_.size());
  if (fresh) families_.push_back({valid, std::string(help), std::string(type), {}, {}});
  auto& f = families_[place->second];
  auto label_text = written(labels);
  const auto [sample, first] = f.place.try_emplace(label_text, f.samples.size());
  if (first) f.samples.emplace_back(std::move(label_text), value);
  else f.samples[sample->second].second = value;
}

std::string metrics_text::text() const {
  std::string out;
  for (const auto& f : families_) {
    out += "# HELP " + f.name + " " + escaped(f.help, quoting::help) + "\n# TYPE " + f.name + " " + f.type + "\n";
    for (const auto& [labels, value] : f.samples) out += f.name + labels + " " + number(value) + "\n";
  }
  return out;
}

std::string actor_metrics(const std::vector<actors::actor_figures>& figures) {
  metrics_text m;
  std::set<std::string> names;
  for (const auto& a : figures) {
    // Two actors of one name must not hide one another.
    const auto name = names.insert(a.name).second ? a.name : a.name + "#" + std::to_string(a.id);
    const metric_labels who{{"actor", name}, {"kind", a.kind}};
    const auto with = [&](std::string label, std::string value) {
      auto labels = who;
      labels.emplace_back(std::move(label), std::move(value));
      return labels;
    };
    m.gauge("tomnext_actor_state", "1 for the state that the actor is in", with("state", a.state), 1);
    m.gauge("tomnext_actor_queue_depth", "messages that wait in the actor's queue", who, static_cast<double>(a.queue_depth));
    m.gauge("tomnext_actor_queue_depth_max", "the deepest that the queue has been", who, static_cast<double>(a.queue_depth_max));
    m.counter("tomnext_actor_processed_total", "messages processed", who, static_cast<double>(a.processed));
    m.counter("tomnext_actor_errors_total", "messages that ended in an error", who, static_cast<double>(a.errors));
    m.counter("tomnext_actor_restarts_total", "restarts by the supervisor", who, static_cast<double>(a.restarts));
    m.counter("tomnext_actor_slow_total", "messages whose handler took more than 50 ms", who, static_cast<double>(a.slow));
    m.counter("tomnext_actor_refused_total", "messages that found the mailbox full", who, static_cast<double>(a.refused));
    m.counter("tomnext_actor_conflated_total", "messages that a later one made needless", who, static_cast<double>(a.conflated));
    m.counter("tomnext_actor_service_seconds_total", "time spent in handlers", who, a.service_s);
    m.gauge("tomnext_actor_requests_in_flight", "requests of the actor that wait for an answer", who, static_cast<double>(a.in_flight));
    m.gauge("tomnext_actor_memory_bytes", "state as far as the actor tells, mailbox and record", who, static_cast<double>(a.memory_bytes));
    if (a.feed_lag_events)
      m.gauge("tomnext_feed_lag_events", "events that are durable and not yet done by this reader", who, static_cast<double>(*a.feed_lag_events));
    m.gauge("tomnext_actor_up_seconds", "time since the actor's last start", who, a.up_s);
    const std::string help = "service time of one message";
    const std::string waited = "from the sender's hand to the end of the handler, of a sample of messages";
    const auto quantile = [&](const char* q, double service_us, double latency_us) {
      m.summary("tomnext_actor_service_seconds", help, with("quantile", q), service_us / 1e6);
      m.summary("tomnext_actor_latency_seconds", waited, with("quantile", q), latency_us / 1e6);
    };
    quantile("0.5", a.p50_us, a.latency_p50_us);
    quantile("0.95", a.p95_us, a.latency_p95_us);
    quantile("0.99", a.p99_us, a.latency_p99_us);
    quantile("0.999", a.p999_us, a.latency_p999_us);
  }
  return m.text();
}

}  // namespace tomnext::api
