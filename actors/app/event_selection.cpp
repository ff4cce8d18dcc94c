#include "actors/app/event_selection.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <set>

#include "actors/app/event_types.hpp"
#include "actors/app/host_names.hpp"
#include "actors/app/whole_number.hpp"
#include "actors/replay/kernel.hpp"

namespace tomnext::app {
namespace {

error bad(const std::string& what) { return {errc::invalid_argument, what}; }

/// A number, or nothing where the text is a name. A name does not begin with a digit.
result<std::optional<std::uint32_t>> as_number(const std::string& text, const char* option) {
  if (text.empty()) return bad(std::string(option) + ": a name or a number is missing");
  if (text.front() < '0' || text.front() > '9') return std::optional<std::uint32_t>{};
  std::uint32_t n = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (why != std::errc{} || end != text.data() + text.size()) return bad(std::string(option) + ": '" + text + "' is neither a name nor a number below 2^32");
  return std::optional<std::uint32_t>(n);
}

std::string listed(const std::set<std::string>& names) {
  constexpr std::size_t shown_max = 40;
  std::string all;
  std::size_t shown = 0;
  for (const auto& n : names) {
    if (++shown > shown_max) return all + ", and " + std::to_string(names.size() - shown_max) + " more";
    all += (all.empty() ? "" : ", ") + n;
  }
  return all.empty() ? "none" : all;
}

/// What an event tells of a name: whose it is.
struct named {
  std::string name;
  std::uint32_t id;
};
using naming = std::function<named(const event&)>;

/// The id that the first event of type E gives to a name; `known` collects the others.
template <class E> result<std::optional<std::uint32_t>> find_named(const persistence::event_log& log, const std::string& name, const naming& naming_of,
                                                                   std::set<std::string>& known, const persistence::scan_progress& go_on) {
  persistence::event_filter wanted;
  wanted.types.set(E::type_number);
  auto scan = persistence::filtered_scan::open(log, wanted, {}, persistence::direction::forward, go_on);
  if (!scan) return scan.error();
  for (;;) {
    auto e = scan->next();
    if (!e) return e.error();
    if (*e == nullptr) return std::optional<std::uint32_t>{};
    const auto n = naming_of(**e);
    if (n.name == name) return std::optional<std::uint32_t>(n.id);
    known.insert(n.name);
  }
}

result<std::uint32_t> host_number(const persistence::event_log& log, const std::string& text, const persistence::scan_progress& go_on) {
  auto number = as_number(text, "--host");
  if (!number) return number.error();
  if (*number) return **number;
  std::set<std::string> known;
  for (std::uint32_t id = 1; id < replay::first_composed_host; ++id) {
    const auto name = ingress_name(id);
    if (name == text) return id;
    if (!name.empty()) known.insert(name);
  }
  const auto naming_of = [](const event& e) { return named{std::string(e.as<host_activated>().name.view()), e.head.host.value}; };
  auto found = find_named<host_activated>(log, text, naming_of, known, go_on);
  if (!found) return found.error();
  if (*found) return **found;
  return bad("--host: no host of this log is called '" + text + "'; there are: " + listed(known));
}

result<std::uint32_t> instrument_number(const persistence::event_log& log, const std::string& text, const persistence::scan_progress& go_on) {
  auto number = as_number(text, "--instrument");
  if (!number) return number.error();
  // Routing key 0 is of events that are about no instrument.
  if (*number && **number == 0) return bad("--instrument: numbers begin at 1");
  if (*number) return **number;
  std::set<std::string> known;
  const auto naming_of = [](const event& e) {
    const auto& i = e.as<instrument_defined>();
    return named{std::string(i.symbol.view()), i.instrument.value};
  };
  auto found = find_named<instrument_defined>(log, text, naming_of, known, go_on);
  if (!found) return found.error();
  if (*found) return **found;
  return bad("--instrument: '" + text + "' is not defined in this log; there are: " + listed(known));
}

result<std::optional<timestamp>> time_of(const std::optional<std::string>& text, const char* option) {
  if (!text) return std::optional<timestamp>{};
  auto t = parse_timestamp(*text);
  if (!t) return bad(std::string(option) + ": " + t.error().message);
  return std::optional<timestamp>(*t);
}

}  // namespace

void selection_options::add_filters(CLI::App& app) {
  app.add_option("DIR", directory_, "directory of a log")->type_name("")->required();
  app.add_option("--type", types_, "only events of this TYPE; may be given several times")->type_name("TYPE")->allow_extra_args(false);
  app.add_option("--host", host_, "only the stream of this host or ingress, by its name or number; `log stats` lists them")->type_name("HOST");
  app.add_option("--instrument", instrument_, "only events about this instrument, such as EUR/USD, or its number")->type_name("SYMBOL");
  app.add_option("--correlation", correlation_, "only the workflow that the event with this SEQ began")->check(whole_number(1))->type_name("SEQ");
}

void selection_options::add_range(CLI::App& app) {
  const auto seqs = whole_number(1);
  app.add_option("--from", from_, "first SEQ")->check(seqs)->type_name("SEQ");
  app.add_option("--to", to_, "last SEQ")->check(seqs)->type_name("SEQ");
  app.add_option("--from-time", from_time_, "only events stamped at this TIME or later, such as 2012-02-03T10:00:00Z")->type_name("TIME");
  app.add_option("--until-time,--to-time", until_time_, "only events stamped before this TIME")->type_name("TIME");
}

result<void> selection_options::set_times(persistence::event_filter& wanted) const {
  auto from = time_of(from_time_, "--from-time");
  if (!from) return from.error();
  auto until = time_of(until_time_, "--until-time");
  if (!until) return until.error();
  if (*from && *until && **until < **from) return bad("--until-time lies before --from-time");
  wanted.from_at = *from;
  wanted.until_at = *until;
  return {};
}

result<selection> selection_options::in(const persistence::event_log& log, const persistence::scan_progress& go_on) const {
  if (to_ < from_) return bad("--to lies before --from");
  selection s{{from_, to_}, {}};
  for (const auto& name : types_) {
    auto number = event_type(name);
    if (!number) return number.error();
    s.wanted.types.set(*number);
  }
  TOMNEXT_TRY(set_times(s.wanted));
  if (correlation_ != 0) s.wanted.correlation = correlation_;
  if (host_) {
    auto id = host_number(log, *host_, go_on);
    if (!id) return id.error();
    s.wanted.host = host_id{*id};
  }
  if (instrument_) {
    auto id = instrument_number(log, *instrument_, go_on);
    if (!id) return id.error();
    s.wanted.instrument = *id;
  }
  return s;
}

}  // namespace tomnext::app
