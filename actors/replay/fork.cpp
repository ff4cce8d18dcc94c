#include "actors/replay/fork.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "actors/replay/as_of.hpp"
#include "actors/replay/backtest.hpp"
#include "actors/replay/fork_settings.hpp"
#include "actors/replay/group_builder.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/replay/read_ahead.hpp"
#include "actors/replay/result_log.hpp"
#include "domain/base/hash.hpp"
#include "persistence/checksum.hpp"
#include "persistence/content_store.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/memory_log.hpp"

namespace tomnext::replay {
namespace {

/// No host is further behind its inputs (as_of.cpp, decision_replay.cpp).
constexpr std::uint64_t behind_max = 65'536;

bool is_composed(host_id id) { return id.value >= first_composed_host; }

/// The market's first word ends the preamble: a quote, or a bar where the source tells bars.
bool is_market(const event& e) { return e.is<quote_accepted>() || e.is<quote_rejected>() || (e.is<bar_closed>() && e.head.host == market_ingress); }

/// What the log knew of the market's calendar before its first quote: a run over its quotes knows the same.
result<void> take_calendar(const persistence::event_log& log, std::uint64_t through, config::deployment& d) {
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  d.calendar.clear();
  d.holidays.clear();
  d.swap_rates.clear();
  d.swap_reports.clear();
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return {};
    for (const auto& e : (*g)->events) {
      if (e.head.seq > through) return {};
      if (const auto* page = e.get_if<calendar_defined>()) d.calendar.push_back(*page);
      else if (const auto* h = e.get_if<holidays_defined>()) d.holidays.push_back(*h);
      else if (const auto* r = e.get_if<swap_rates_published>()) d.swap_rates.push_back(*r);
      else if (const auto* s = e.get_if<swap_reported>()) d.swap_reports.push_back(*s);
    }
  }
}

/// What the events up to the fork say of it.
struct past {
  std::map<std::tuple<timestamp, host_id, timer_id, std::uint32_t>, std::uint64_t> timers;  // armed and not fired, with the seq that armed them
  std::map<host_id, host_activated> activated;
  std::uint32_t limits_version = 0;
  timestamp now;
  bool declared = false, other_venue = false;

  void take(const event& e) {
    now = e.head.at;
    if (const auto* t = e.get_if<timer_armed>()) timers[{t->due, t->target, t->timer, t->generation}] = e.head.seq;
    else if (const auto* f = e.get_if<timer_fired>()) timers.erase({f->due, f->target, f->timer, f->generation});
    else if (const auto* a = e.get_if<host_activated>()) activated[e.head.host] = *a;
    else if (const auto* l = e.get_if<limits_set>()) limits_version = l->version;
    else if (e.is<log_declared>() && e.head.seq == 1) declared = true;
    else if (e.is<venue_order_reported>() && !is_composed(e.head.host)) other_venue = true;
  }
  [[nodiscard]] std::vector<timer_queue::armed> armed() const {
    std::vector<timer_queue::armed> all;
    for (const auto& [key, seq] : timers) all.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), seq});
    return all;
  }
};

/// What comes in from outside and is a cause of its own. Timers fire anew; what happened to the recorded run's configuration and actors is its affair.
bool is_replayed(const event& e) {
  if (is_composed(e.head.host) || e.head.host == timer_authority || e.head.host == supervision_ingress) return false;
  if (e.is<log_declared>() || e.is<configuration_set>() || e.is<model_file_added>()) return false;
  return !is_runtime_event(e.head.type) && !(e.head.host == configuration_ingress && e.is<limits_set>());
}

limits_set limits_of(const config::risk_settings& r, std::uint32_t version) {
  limits_set l;
  l.version = version;
  l.position_max = r.position_max;
  l.notional_max = r.notional_max;
  l.orders_per_second_max = r.orders_per_second_max;
  l.price_collar = r.price_collar;
  l.by = "configuration of the fork";
  return l;
}

class run {
 public:
  run(const persistence::event_log& log, const config::deployment& recorded, const config::deployment& d, const rerun_options& o, persistence::event_log& to)
      : log_(log),
        recorded_(recorded),
        d_(d),
        o_(o),
        epoch_(to.head().epoch == 0 ? 1 : to.head().epoch),
        writer_(to),
        builder_(epoch_, [this](persistence::group_ref g) { decided(std::move(g)); }),
        kernel_(builder_) {
    report_.at_seq = o.at_seq;
    report_.parent = log.head();
  }

  /// `folder` is where the new log lies meanwhile; empty: nowhere.
  result<rerun_report> go(const composition_parts& parts, const std::string& folder) {
    auto next = o_.at_seq + 1;
    if (o_.at_seq == 0) {
      auto bounds = fork_bounds_of(log_);
      if (!bounds) return bounds.error();
      TOMNEXT_TRY(begin_anew(parts, *bounds, folder));
      next = bounds->first + 1;
    } else {
      TOMNEXT_TRY(copy_past(folder));
      TOMNEXT_TRY(begin_from_past(parts));
    }
    if (!folder.empty())
      if (auto stored = persistence::content_store(folder).put(d_.source_text); !stored) return stored.error();
    TOMNEXT_TRY(replay_inputs(next));
    builder_.flush();
    auto head = writer_.finish();
    if (!head) return head.error();
    report_.head = *head;
    report_.decisions = differ_.finish();
    return std::move(report_);
  }

 private:
  result<void> going_on(std::uint64_t seq) {
    if (kernel_.failure()) return *kernel_.failure();
    if (o_.on_progress && !o_.on_progress(seq)) return error(errc::cancelled, "cancelled at event " + std::to_string(seq));
    return {};
  }

  // The kernel's groups, in order.
  void decided(persistence::group_ref g) {
    for (const auto& e : g->events) {
      report_.other.count(e);
      differ_.other(e);
    }
    writer_.write(std::move(g));
  }

  result<void> begin_anew(const composition_parts& parts, const fork_bounds& bounds, const std::string& folder) {
    report_.settings_changed = true;
    auto d = d_;
    for (std::size_t i = 0; i < d.models.size(); ++i) d.models[i].content_hash = parts.models.at(i).content_hash;
    TOMNEXT_TRY(keep_models(d, folder));
    TOMNEXT_TRY(take_calendar(log_, bounds.first, d));
    TOMNEXT_TRY(compose(d, parts, [this]<class S>(const host_description& h, S service) { kernel_.add(h, std::move(service)); }));
    const auto input = [&](const auto& e) { kernel_.input(e, bounds.begins, configuration_ingress, 0); };
    input(declaration_of(log_purpose::backtest));
    kernel_.activate(hash64(d_.source_text));
    preamble(d, persistence::sha256({d_.source_text}), input);
    return going_on(0);
  }

  /// Models lie beside the recorded log, or, where the configuration is another one, in its files.
  result<void> keep_models(const config::deployment& d, const std::string& folder) {
    if (folder.empty()) return {};
    for (const auto& m : d.models) {
      const auto bytes = persistence::content_store(o_.directory).get(m.content_hash);
      if (!bytes) {
        auto read = load_models(d, folder);
        return read ? result<void>() : read.error();
      }
      if (auto put = persistence::content_store(folder).put(*bytes); !put) return put.error();
    }
    return {};
  }

  /// Every event up to the fork, as it is; the declaration says whose they are.
  result<void> copy_past(const std::string& folder) {
    auto scan = read_ahead::begin(log_, 1);
    if (!scan) return scan.error();
    for (;;) {
      auto g = (*scan)->next();
      if (!g) return g.error();
      if (!*g || (*g)->first_seq() > o_.at_seq) return {};
      auto copy = std::make_shared<persistence::group>(**g);
      copy->epoch = epoch_;
      while (copy->events.back().head.seq > o_.at_seq) copy->events.pop_back();
      for (auto& e : copy->events) {
        past_.take(e);
        report_.recorded.count(e);
        report_.other.count(e);
        if (e.head.seq == 1 && past_.declared) e.set(declaration());
        TOMNEXT_TRY(copy_content(e, folder));
      }
      const auto last = copy->last_seq();
      writer_.write(std::move(copy));
      if (writer_.failed()) return {};  // finish() says why
      TOMNEXT_TRY(going_on(last));
    }
  }
  [[nodiscard]] log_declared declaration() const {
    return {log_purpose::fork,
            std::string_view(fmt::format("tomnext 0.1, fork at {} of {} {}", o_.at_seq, report_.parent.seq, persistence::to_hex(report_.parent.chain_hash)))};
  }
  result<void> copy_content(const event& e, const std::string& folder) {
    const auto* c = e.get_if<configuration_set>();
    const auto* m = e.get_if<model_file_added>();
    if (folder.empty() || (c == nullptr && m == nullptr)) return {};
    auto bytes = persistence::content_store(o_.directory).get(c != nullptr ? c->content_hash : m->content_hash);
    if (!bytes) return bytes.error().within(o_.directory);
    if (auto put = persistence::content_store(folder).put(*bytes); !put) return put.error();
    return {};
  }

  /// Hosts with the states of a fold of the log up to the fork, under the changed settings.
  result<void> begin_from_past(const composition_parts& parts) {
    report_.at = past_.now;
    auto hosts = compose_hosts(d_, parts);
    if (!hosts) return hosts.error();
    TOMNEXT_TRY(check_hosts(*hosts));
    auto states = states_as_of(log_, std::move(*hosts), {.seq = o_.at_seq, .on_progress = o_.on_progress});
    if (!states) return states.error();
    std::size_t i = 0;
    std::optional<error> failure;
    TOMNEXT_TRY(compose(d_, parts, [&]<class S>(const host_description& h, S service) {
      const auto bytes = states->at(i++).host.service->save();
      state_reader r(bytes);
      r(service);
      if (r.failed() || !r.at_end()) failure = error(errc::snapshot_invalid, h.name + ": its state at the fork cannot be read back");
      kernel_.add(h, std::move(service));
    }));
    if (failure) return *failure;
    // What a venue of the outside knows of orders and positions at that moment is not in the log, and the simulated one cannot take over from it.
    if (past_.other_venue)
      return error(
          errc::invalid_argument,
          fmt::format("this log's orders went to a venue that was not the simulated one, so it cannot be forked at event {}: it can be run again from its "
                      "first quote, with --with or --set",
                      o_.at_seq));
    kernel_.resume(o_.at_seq, past_.now, past_.armed());
    if (report_.settings_changed) announce();
    return going_on(o_.at_seq);
  }

  /// The composed hosts are the log's, by id and name; whether anything about them is new.
  result<void> check_hosts(const std::vector<composed_host>& hosts) {
    const auto hash = hash64(d_.source_text);
    report_.settings_changed = d_.source_text != recorded_.source_text || !past_.declared;
    auto known = past_.activated;
    for (const auto& h : hosts) {
      const auto& d = h.definition;
      const auto was = known.find(d.id);
      if (was == known.end() || was->second.name != text(std::string_view(d.name)))
        return error(errc::invalid_argument,
                     fmt::format("the changed settings make {} host {}, which the log {}: a fork goes on with the same hosts, in the "
                                 "same order",
                                 d.name, d.id.value, was == known.end() ? "does not have" : "knows as " + std::string(was->second.name.view())));
      report_.settings_changed = report_.settings_changed || was->second.service_version != d.version || was->second.configuration_hash != hash;
      known.erase(was);
    }
    for (const auto& [id, a] : known)
      if (is_composed(id))
        return error(errc::invalid_argument, fmt::format("{} of the log is not among the hosts of the changed settings: a fork goes on with the same hosts",
                                                         std::string(a.name.view())));
    return {};
  }

  void announce() {
    if (!past_.declared) kernel_.input(declaration(), past_.now, configuration_ingress, 0);
    kernel_.input(configuration_set{persistence::sha256({d_.source_text})}, past_.now, configuration_ingress, 0);
    kernel_.activate(hash64(d_.source_text), o_.at_seq);
    if (!same_limits(recorded_.risk, d_.risk)) kernel_.input(limits_of(d_.risk, past_.limits_version + 1), past_.now, configuration_ingress, 0);
  }

  result<void> replay_inputs(std::uint64_t from_seq) {
    auto scan = read_ahead::begin(log_, o_.at_seq == 0 ? 1 : from_seq);
    if (!scan) return scan.error();
    for (;;) {
      auto g = (*scan)->next();
      if (!g) return g.error();
      if (!*g) return {};
      for (const auto& e : (*g)->events) {
        if (e.head.seq < from_seq) {
          if (o_.at_seq == 0) report_.recorded.count(e);
          continue;
        }
        take(e);
        if (kernel_.failure()) return *kernel_.failure();
      }
      if (writer_.failed()) return {};  // finish() says why
      TOMNEXT_TRY(going_on((*g)->last_seq()));
    }
  }
  void take(const event& e) {
    if (is_composed(e.head.host)) {
      report_.recorded.count(e);
      differ_.recorded(e);
    } else if (e.is<venue_order_reported>()) {
      ++report_.venue_reports_passed;
    } else if (is_replayed(e)) {
      ++report_.inputs;
      kernel_.recorded(e);
    }
  }

  const persistence::event_log& log_;
  const config::deployment &recorded_, &d_;
  const rerun_options& o_;
  std::uint64_t epoch_;
  log_writer writer_;
  group_builder builder_;
  kernel<group_builder> kernel_;
  past past_;
  rerun_report report_;
  decision_differ differ_;
};

}  // namespace

result<fork_bounds> fork_bounds_of(const persistence::event_log& log) {
  auto scan = log.scan(1);
  if (!scan) return scan.error();
  std::optional<timestamp> begins;
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return error(errc::invalid_argument, "the log has no quotes: there is nothing to run again");
    if (!begins) begins = (*g)->events.front().head.at;
    for (const auto& e : (*g)->events)
      if (is_market(e)) return fork_bounds{e.head.seq - 1, log.head().seq - 1, *begins};
  }
}

result<std::uint64_t> fork_seq(const persistence::event_log& log, std::uint64_t seq) {
  auto bounds = fork_bounds_of(log);
  if (!bounds) return bounds.error();
  const auto refused = [&](const std::string& why) {
    return error(errc::invalid_argument,
                 fmt::format("{}: the log can be forked from event {} on (the first quote comes next) to event {}", why, bounds->first, bounds->last));
  };
  if (seq < bounds->first || seq > bounds->last) return refused(fmt::format("event {}", seq));
  // Backwards from where nothing can answer any more what came up to `seq`.
  auto scan = log.scan(std::min(seq + behind_max, log.head().seq), persistence::direction::backward);
  if (!scan) return scan.error();
  std::uint64_t earliest_cause = UINT64_MAX;  // of all events behind
  for (;;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    for (auto e = (*g)->events.rbegin(); e != (*g)->events.rend(); ++e) {
      const auto here = e->head.seq;
      if (here < bounds->first) return refused(fmt::format("up to event {} there is none at which everything is answered", seq));
      if (here <= seq && earliest_cause > here) return here;
      if (is_composed(e->head.host) && !actors::is_host_mark(e->head.type)) earliest_cause = std::min(earliest_cause, e->head.cause);
    }
  }
  return refused(fmt::format("up to event {} there is none at which everything is answered", seq));
}

result<rerun_report> rerun(const persistence::event_log& log, const config::deployment& recorded, const config::deployment& d, const composition_parts& parts,
                           const rerun_options& o) {
  if (o.at_seq != 0) TOMNEXT_TRY(check_fork_settings(recorded, d));
  else TOMNEXT_TRY(check_instruments(recorded, d));
  if (o.into.empty()) {
    persistence::memory_log nowhere(persistence::retention::hash_only);
    return run(log, recorded, d, o, nowhere).go(parts, "");
  }
  auto encrypted = persistence::read_encryption(o.directory);
  if (!encrypted) return encrypted.error();
  auto results = result_log::begin(o.into, o.encrypt || *encrypted ? persistence::encryption::from_now_on : persistence::encryption::as_it_is);
  if (!results) return results.error();
  auto report = run(log, recorded, d, o, results->log()).go(parts, results->folder());
  if (!report) return report;
  TOMNEXT_TRY(results->finish());
  return report;
}

}  // namespace tomnext::replay
