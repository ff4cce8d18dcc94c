// tomnext log compare: did two runs trade alike?
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/event_difference.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/log_reader.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/json.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

struct compare_options {
  std::string left, right;
};

struct comparison {
  std::uint64_t compared = 0;
  std::optional<event> left, right;  ///< the first that differ
  bool differs = false;
};

// The life of hosts and actors, and what a log says of itself, differ between two runs that trade alike.
bool is_compared(const event& e) { return !is_runtime_event(e.head.type) && !e.is<log_declared>(); }

result<std::optional<event>> next_compared(log_reader& reader) {
  for (;;) {
    auto e = reader.next();
    if (!e) return e.error();
    if (*e == nullptr) return std::optional<event>{};
    if (is_compared(**e)) return std::optional<event>(**e);
  }
}

result<comparison> compare(const compare_options& o, session& s) {
  auto left_log = persistence::open_log_for_reading(o.left);
  if (!left_log) return left_log.error();
  auto right_log = persistence::open_log_for_reading(o.right);
  if (!right_log) return right_log.error();
  auto left = log_reader::open(**left_log), right = log_reader::open(**right_log);
  if (!left) return left.error();
  if (!right) return right.error();
  interrupts asked;
  progress_line progress(s.err, "log compare", "events", (*left_log)->head().seq);
  for (comparison c;; ++c.compared) {
    auto a = next_compared(*left), b = next_compared(*right);
    if (!a) return a.error().within(o.left);
    if (!b) return b.error().within(o.right);
    if (!*a && !*b) return c;
    c.differs = !*a || !*b || !same_payload(**a, **b);
    if (c.differs) {
      c.left = *a;
      c.right = *b;
      return c;
    }
    if (asked.requested()) return error(errc::cancelled, fmt::format("cancelled at event {}", (*a)->head.seq));
    progress.show((*a)->head.seq);
  }
}

// Causes and ordinals are seqs of their own log; only type and payload were compared, so only they are named.
nlohmann::ordered_json fields_of(const comparison& c) {
  auto fields = nlohmann::ordered_json::array();
  if (!c.left || !c.right) return fields;
  for (const auto& f : differing_fields(*c.left, *c.right))
    if (f.field != "cause" && f.field != "ordinal") fields.push_back({{"field", f.field}, {"left", f.left}, {"right", f.right}});
  return fields;
}

nlohmann::ordered_json event_json(const std::optional<event>& e) {
  return e ? nlohmann::ordered_json::parse(persistence::to_json(*e)) : nlohmann::ordered_json(nullptr);
}

std::string as_json(const comparison& c) {
  nlohmann::ordered_json j{{"identical", !c.differs}, {"compared", c.compared}};
  if (c.differs) j["difference"] = {{"fields", fields_of(c)}, {"left", event_json(c.left)}, {"right", event_json(c.right)}};
  return json_text(j);
}

action add_log_compare(CLI::App& app) {
  auto o = std::make_shared<compare_options>();
  app.add_option("LEFT", o->left, "directory of a log")->required();
  app.add_option("RIGHT", o->right, "directory of the other log")->required();
  return [o](session& s) -> result<exit_code> {
    auto c = compare(*o, s);
    if (!c) return c.error();
    if (s.json) s.out << as_json(*c) << "\n";
    else if (!c->differs) s.out << fmt::format("identical: {} events, payload by payload\n", grouped(c->compared));
    else s.out << fmt::format("the logs differ after {} equal events:\n{}", grouped(c->compared), difference_text(c->left, "left", c->right, "right"));
    return c->differs ? exit_code::difference : exit_code::ok;
  };
}

}  // namespace

command log_compare_command() {
  return {"compare", "same events, payload by payload? Leaves out the events of the runtime and what a log says of itself",
          "tomnext log compare results/backtest results/live", add_log_compare};
}

}  // namespace tomnext::app
