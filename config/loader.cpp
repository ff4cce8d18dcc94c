#include "config/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/financing_section.hpp"
#include "config/instrument_terms.hpp"
#include "config/jobs.hpp"
#include "config/yaml_reader.hpp"
#include "config/yaml_structure.hpp"

namespace tomnext::config {
namespace {

constexpr std::size_t file_size_max = 1 << 20;

class loader {
 public:
  loader(deployment& d, std::string folder) : d_(d), folder_(std::move(folder)) {}

  void read(mapping& top) {
    top.entries("instruments", [&](const std::string& symbol, mapping& m) { read_instrument(symbol, m); });
    top.each("data", [&](mapping& m, std::size_t) { read_data(m); });
    top.child("bars", [&](mapping& m) { d_.bars_without_updates = m.boolean("without_updates", false); });
    top.child("quality", [&](mapping& m) {
      d_.quality.flagged_quotes_trade = m.boolean("flagged_quotes_trade", false);
      d_.quality.spike_threshold = m.number("spike_threshold", d_.quality.spike_threshold, 0, 1e6);
      d_.quality.spike_window = static_cast<std::uint32_t>(m.integer("spike_window", 64, 8, 1024));
      d_.quality.malformed = static_cast<malformed_lines>(m.choice("malformed_lines", 0, {"stop", "reject"}));
    });
    top.require("account");
    top.child("account", [&](mapping& m) { read_account(m); });
    std::optional<financing_method> of_venue;
    top.child("venue", [&](mapping& m) {
      d_.commission_rate = m.parsed<rate>("commission_rate", rate{}, [](const std::string& t) { return rate::parse(t); });
      if (d_.commission_rate.value < 0 || d_.commission_rate.value >= rate::one)
        m.fail(errc::configuration_value, "commission_rate", "must be from 0 to below 1");
      read_market(m);
      of_venue = financing_method_in(m, "financing");
    });
    if (of_venue) d_.financing.method = *of_venue;
    top.child("portfolio", [&](mapping& m) {
      read_portfolio(
          m, of_venue, [this](const std::string& f) { return resolved(f); }, d_.financing);
    });
    top.child("calendar", [&](mapping& m) { read_calendar(m, d_); });
    check_financing(top, d_);
    top.child("research", [&](mapping& m) { read_research(m); });
    top.each("models", [&](mapping& m, std::size_t) { read_model(m); });
    top.each("strategies", [&](mapping& m, std::size_t i) { read_strategy(m, i); });
    check_bars_of_the_venue(top);
    for (auto& s : d_.strategies)
      s.sole_trader = std::count_if(d_.strategies.begin(), d_.strategies.end(), [&](const auto& other) { return other.instrument == s.instrument; }) == 1;
    top.child("risk", [&](mapping& m) { read_risk(m); });
    top.child("monitoring", [&](mapping& m) { d_.drawdown_alert = m.number("drawdown", d_.drawdown_alert, 0.0001, 1); });
    top.child("node", [&](mapping& m) { read_node(m); });
    top.require("data");
    if (d_.data.empty()) top.fail(errc::configuration_key, "data", "names no source of quotes");
  }

 private:
  std::string resolved(const std::string& file) const {
    std::filesystem::path p(file);
    return p.is_absolute() ? file : (std::filesystem::path(folder_) / p).lexically_normal().string();
  }

  instrument_id define(const std::string& symbol, mapping& m, const std::string& key) {
    auto known = std::find_if(d_.instruments.begin(), d_.instruments.end(), [&](const auto& i) { return i.symbol == std::string_view(symbol); });
    if (known != d_.instruments.end()) return known->instrument;
    if (d_.instruments.size() + 1 >= instruments_max) {
      m.fail(errc::configuration_value, key, fmt::format("more than {} instruments", instruments_max - 1));
      return {};
    }
    auto terms = instrument_terms(symbol, instrument_id{static_cast<std::uint32_t>(d_.instruments.size() + 1)});
    if (!terms) {
      m.fail(terms.error().code, key, terms.error().message);
      return {};
    }
    d_.instruments.push_back(*terms);
    return terms->instrument;
  }

  // An instrument that is traded or quoted must be one of the file's: a typo in a strategy is not a new pair.
  instrument_id known_instrument(mapping& m, const std::string& key) {
    auto symbol = m.text(key);
    for (const auto& i : d_.instruments)
      if (i.symbol == std::string_view(symbol)) return i.instrument;
    std::string all;
    for (const auto& i : d_.instruments) all += (all.empty() ? "" : ", ") + std::string(i.symbol.view());
    if (all.empty()) all = "none; those of an imported log are listed under 'instruments', such as instruments: {GBP/USD: {}}";
    m.fail(errc::unknown_instrument, key, fmt::format("unknown instrument '{}'; there are: {}", symbol, all));
    return {};
  }

  static quantity units(mapping& m, const std::string& key, std::optional<quantity> fallback) {
    auto q = m.parsed<quantity>(key, fallback, [](const std::string& t) { return quantity::parse(t); });
    if (q.value < 0 || (!fallback && q.value == 0)) m.fail(errc::configuration_value, key, fallback ? "must not be negative" : "must be positive");
    return q;
  }

  void read_instrument(const std::string& symbol, mapping& m) {
    auto id = define(symbol, m, "");
    if (!id) {
      (void)m.rest();
      return;
    }
    auto& i = d_.instruments[id.value - 1];
    i.price_precision = static_cast<std::uint32_t>(m.integer("price_precision", i.price_precision, 0, 8));
    i.displayed_size = units(m, "displayed_size", i.displayed_size);
    i.quantity_step = units(m, "quantity_step", i.quantity_step);
    if (i.quantity_step.value == 0) m.fail(errc::configuration_value, "quantity_step", "must be positive");
    i.quantity_min = units(m, "quantity_min", i.quantity_min);
    i.spot_lag_days = static_cast<std::uint32_t>(m.integer("spot_lag_days", i.spot_lag_days, 0, 2));
    i.base_minor_units = static_cast<std::uint32_t>(m.integer("base_minor_units", i.base_minor_units, 0, 6));
    i.quote_minor_units = static_cast<std::uint32_t>(m.integer("quote_minor_units", i.quote_minor_units, 0, 6));
    i.roll = static_cast<roll_profile>(m.choice("roll", static_cast<std::size_t>(i.roll), {"new_york", "auckland"}));
    read_standing_swap(m, id, d_.swap_rates);
  }

  void read_data(mapping& m) {
    data_source s;
    if (m.has("log")) {
      s.log = resolved(m.text("log"));
      d_.data.push_back(s);
      return;
    }
    s.format = m.text("format");
    const auto format = m.choice("format", {}, {"fxcm-m1", "lean-tick", "bars-csv"});
    s.instrument = define(m.text("instrument"), m, "instrument");
    if (format == 0) {
      s.files = {resolved(m.text("bid")), resolved(m.text("ask"))};
      s.bars_as_feed = m.choice("as", 0, {"ticks", "bars_as_feed"}) == 1;
      s.stamp = m.choice("stamp", 0, {"open", "close"}) == 0 ? "open" : "close";
    } else if (format == 2) {
      read_bars_csv(m, s);
    } else {
      const auto files = m.list("files");
      for (const auto& f : files) s.files.push_back(resolved(f));
      if (files.empty()) m.fail(errc::configuration_key, "files", "names no file");
      s.utc_offset_minutes = static_cast<std::int32_t>(m.integer("utc_offset_minutes", lean_utc_offset_minutes, -14 * 60, 14 * 60));
    }
    d_.data.push_back(std::move(s));
  }

  void read_bars_csv(mapping& m, data_source& s) {
    s.files = {resolved(m.text("file"))};
    s.stamp = m.choice("stamp", 0, {"open", "close"}) == 0 ? "open" : "close";
    s.step_s = m.parsed<bar_spec>("step", {}, [](const std::string& t) { return parse_bar_spec(t + "-mid"); }).step_s;
    s.points = m.integer("points", 1, 1, price::one);
    auto rest = s.points;
    while (rest % 10 == 0 && rest > 0) rest /= 10;
    if (rest != 1) m.fail(errc::configuration_value, "points", "must be a power of ten, such as 100000");
    s.utc_offset_minutes = static_cast<std::int32_t>(m.integer("utc_offset_minutes", 0, -14 * 60, 14 * 60));
    const auto day = [](const std::string& t) { return parse_timestamp(t.size() == 10 ? t + "T00:00:00Z" : t); };
    s.from = m.parsed<timestamp>("from", s.from, day);
    s.until = m.parsed<timestamp>("until", s.until, day);
  }

  // What a profile does not know is refused with it: a setting that changed nothing would be a wrong result.
  void read_market(mapping& m) {
    auto& v = d_.venue;
    const auto profile = m.text("profile", "top_of_book");
    if (profile == "next_bar_open") v.profile = venue::venue_profile::next_bar_open;
    else if (profile == "bars_as_feed")
      m.fail(errc::configuration_value, "profile", "'bars_as_feed' is how data are read: data[].as. There are: top_of_book, next_bar_open");
    else if (profile != "top_of_book") m.fail(errc::configuration_value, "profile", fmt::format("'{}' is none of: top_of_book, next_bar_open", profile));
    const bool bars = v.profile == venue::venue_profile::next_bar_open;
    const auto ratio = [&](const char* key) {
      const auto r = m.parsed<rate>(key, rate{}, [](const std::string& t) { return rate::parse(t); });
      if (r.value < 0 || r > rate::whole(1)) m.fail(errc::configuration_value, key, "must be from 0 to 1");
      return r;
    };
    v.spread_ratio = ratio("spread_ratio");
    if (v.spread_ratio && !bars) m.fail(errc::configuration_value, "spread_ratio", "belongs to the profile next_bar_open; quotes have a spread of their own");
    auto& models = v.models;
    models.seed = static_cast<std::uint64_t>(m.integer("seed", 1, 0, std::int64_t{1} << 62));
    models.latency_ns = m.integer("latency_ms", 0, 0, 60'000) * millisecond_ns;
    models.latency_jitter_ns = m.integer("latency_jitter_ms", 0, 0, 60'000) * millisecond_ns;
    if (bars && (models.latency_ns > 0 || models.latency_jitter_ns > 0))
      m.fail(errc::configuration_value, "latency_ms", "belongs to the profile top_of_book; in next_bar_open every order waits for the next bar");
    models.slippage_probability = ratio("slippage_probability");
    models.slippage_steps_max = static_cast<std::uint32_t>(m.integer("slippage_steps_max", 1, 1, 10'000));
    models.partial_fill_probability = ratio("partial_fill_probability");
    models.reject_probability = ratio("reject_probability");
  }

  // Orders are worked on the bars that decided them: two steps on one pair would each see the other's orders filled within their own bars.
  void check_bars_of_the_venue(mapping& top) {
    if (d_.venue.profile != venue::venue_profile::next_bar_open) return;
    for (const auto& s : d_.data)
      if (s.bars_as_feed)
        return top.fail(errc::configuration_value, "data", "read as bars_as_feed shows the venue one quote a minute, of which next_bar_open can make no bars");
    for (const auto& s : d_.strategies)
      if (!s.bars.is_plain())
        return top.fail(errc::configuration_value, "strategies",
                        fmt::format("the profile next_bar_open works orders on left-open bars without an offset, stamped at their close; '{}' has {}",
                                    s.name.view(), to_string(s.bars)));
    for (const auto& a : d_.strategies)
      for (const auto& b : d_.strategies)
        if (a.instrument == b.instrument && a.bars != b.bars)
          return top.fail(errc::configuration_value, "strategies",
                          fmt::format("in the profile next_bar_open all strategies of a pair trade on the same bars; '{}' has {} and '{}' has {}",
                                      a.name.view(), to_string(a.bars), b.name.view(), to_string(b.bars)));
  }

  void read_account(mapping& m) {
    auto& a = d_.account;
    a.account = account_id{1};
    a.in = m.parsed<currency>("currency", {}, [](const std::string& t) { return parse_currency(t); });
    a.minor_units = static_cast<std::uint32_t>(m.integer("minor_units", minor_units(a.in), 0, 6));
    auto balance = m.parsed<std::int64_t>("balance", {}, [&](const std::string& t) { return parse_decimal(t, a.minor_units); });
    if (balance < 0) m.fail(errc::configuration_value, "balance", "must not be negative");
    a.balance = amount{balance};
    a.positions = m.choice("positions", 0, {"netting", "hedging"}) == 1 ? position_mode::hedging : position_mode::netting;
    a.conversion = static_cast<conversion_method>(m.choice("conversion", 0, {"side_traded", "by_sign", "mid"}));
  }

  void read_research(mapping& m) {
    d_.research = m.boolean("enabled", true);
    if (m.has("bars")) d_.research_bars = m.parsed<bar_spec>("bars", {}, [](const std::string& t) { return parse_bar_spec(t); });
    if (d_.research_bars && !d_.research_bars->is_plain())
      m.fail(errc::configuration_value, "bars", "features and regimes are of left-open bars without an offset, stamped at their close");
    m.each("features", [&](mapping& f, std::size_t) {
      feature_setting s;
      s.kind = static_cast<feature_kind>(f.choice("kind", {}, {"ema", "log_return", "atr", "spread", "session", "volatility", "minute_of_day", "weekday"}));
      const bool spread_or_clock =
          s.kind == feature_kind::spread || s.kind == feature_kind::session || s.kind == feature_kind::minute_of_day || s.kind == feature_kind::weekday;
      const int period_min = s.kind == feature_kind::volatility ? 2 : 1;
      if (!spread_or_clock) s.period = static_cast<std::uint32_t>(f.integer("period", {}, period_min, 10'000));
      auto kind = f.text("kind");
      s.name = std::string_view(f.name("name", spread_or_clock ? kind : kind + "_" + std::to_string(s.period), text::capacity));
      refuse_double(f, d_.features, s.name);
      d_.features.push_back(s);
    });
    if (d_.features.size() > features_max) m.fail(errc::configuration_value, "features", fmt::format("more than {}", features_max));
  }

  // Names tell hosts, features and models apart in the log.
  template <class List> static void refuse_double(mapping& m, const List& others, const text& name) {
    for (const auto& other : others)
      if (other.name == name) m.fail(errc::configuration_value, "name", fmt::format("'{}' is used twice", name.view()));
  }

  void read_model(mapping& m) {
    model_setting s;
    s.name = std::string_view(m.name("name", {}, text::capacity));
    refuse_double(m, d_.models, s.name);
    s.file = resolved(m.text("file"));
    s.instrument = known_instrument(m, "instrument");
    for (const auto& f : m.list("features")) {
      s.features.emplace_back();
      if (!s.features.back().assign(f)) m.fail(errc::configuration_value, "features", fmt::format("'{}' is longer than {} bytes", f, text::capacity));
    }
    s.confirm_at = m.number("confirm_at", 0.65, 0.5, 1);
    s.reject_at = m.number("reject_at", 0.35, 0, 0.5);
    d_.models.push_back(s);
  }

  void read_strategy(mapping& m, std::size_t index) {
    strategy_execution::strategy_configuration s;
    s.strategy = strategy_id{static_cast<std::uint32_t>(index + 1)};
    s.kind = m.text("kind");
    s.name = std::string_view(m.name("name", s.kind.substr(0, 40) + ":" + std::to_string(index + 1), text::capacity));
    refuse_double(m, d_.strategies, s.name);
    s.instrument = known_instrument(m, "instrument");
    const bool unquoted = std::none_of(d_.data.begin(), d_.data.end(), [&](const auto& x) { return !x.log.empty() || x.instrument == s.instrument; });
    if (s.instrument && unquoted) m.fail(errc::configuration_value, "instrument", "no entry of 'data' quotes this pair: the strategy would never trade");
    s.account = d_.account.account;
    s.positions = d_.account.positions;
    s.bars = m.parsed<bar_spec>("bars", {}, [](const std::string& t) { return parse_bar_spec(t); });
    for (const auto& x : d_.data)
      if (x.bars_as_feed && x.instrument == s.instrument && s.bars != bar_spec{60, price_side::bid})
        m.fail(errc::configuration_value, "bars", "must be 1m-bid: this pair's data are bars_as_feed");
    s.size = units(m, "size", {});
    if (s.instrument) {
      const auto& i = d_.instruments[s.instrument.value - 1];
      if (i.quantity_step.value > 0 && s.size.value % i.quantity_step.value != 0)
        m.fail(errc::configuration_value, "size", fmt::format("must be a multiple of the quantity step {}", i.quantity_step.to_string()));
      if (s.size < i.quantity_min) m.fail(errc::configuration_value, "size", fmt::format("must be at least {}", i.quantity_min.to_string()));
    }
    s.at_end = m.choice("at_end", 0, {"close", "keep"}) == 0 ? strategy_execution::stop_policy::close : strategy_execution::stop_policy::keep;
    s.confirm_by_model = m.boolean("confirm_by_model", false);
    const bool has_model = std::any_of(d_.models.begin(), d_.models.end(), [&](const auto& x) { return x.instrument == s.instrument; });
    if (s.confirm_by_model && !has_model)
      m.fail(errc::configuration_value, "confirm_by_model", "there is no model for this instrument under 'models', so nothing would ever confirm");
    for (auto& [key, value] : m.rest()) s.parameters.emplace(key, value);
    auto made = strategy_execution::make_strategy(s.kind, s.parameters);
    if (!made) fail_parameter(m, s, made.error());
    d_.strategies.push_back(std::move(s));
  }

  // A strategy names the parameter that it refuses; the place is that parameter's.
  static void fail_parameter(mapping& m, const strategy_execution::strategy_configuration& s, const error& e) {
    for (const auto& [key, value] : s.parameters) {
      if (e.message.rfind(key + ": ", 0) == 0) return m.fail(e.code, key, e.message.substr(key.size() + 2));
      if (e.message.rfind("unknown key '" + key + "'", 0) == 0)
        return m.fail(
            e.code, key,
            fmt::format("{} (parameters of {}), and for every strategy: kind, name, instrument, bars, size, at_end, confirm_by_model", e.message, s.kind));
    }
    m.fail(e.code, "kind", e.message.rfind("kind: ", 0) == 0 ? e.message.substr(6) : e.message);
  }

  void read_risk(mapping& m) {
    d_.risk.position_max = units(m, "position_max", quantity{});
    read_notional(m);
    d_.risk.orders_per_second_max = static_cast<std::uint32_t>(m.integer("orders_per_second_max", 0, 0, 1'000'000));
    d_.risk.price_collar = m.parsed<rate>("price_collar", rate{}, [](const std::string& t) { return rate::parse(t); });
    if (d_.risk.price_collar.value < 0) m.fail(errc::configuration_value, "price_collar", "must not be negative");
  }

  // The limit is kept in minor units, and compared with orders in minor units of their quote currency: one figure cannot mean dollars and yen at once.
  void read_notional(mapping& m) {
    if (!m.has("notional_max")) return;
    if (d_.instruments.empty()) return m.fail(errc::configuration_value, "notional_max", "there is no instrument whose quote currency it could be in");
    const auto& first = d_.instruments.front();
    for (const auto& i : d_.instruments)
      if (i.quote != first.quote || i.quote_minor_units != first.quote_minor_units)
        return m.fail(
            errc::configuration_value, "notional_max",
            fmt::format(
                "is in the quote currency, and {} and {} are not quoted in the same one; use position_max (base currency), or one file per quote currency",
                first.symbol.view(), i.symbol.view()));
    d_.risk.notional_max = m.parsed<amount>("notional_max", amount{}, [&](const std::string& t) -> result<amount> {
      auto v = parse_decimal(t, first.quote_minor_units);
      if (!v) return v.error();
      return amount{*v};
    });
    if (d_.risk.notional_max.value < 0) m.fail(errc::configuration_value, "notional_max", "must not be negative");
  }

  void read_node(mapping& m) {
    auto& n = d_.node;
    n.log = m.has("log") ? resolved(m.text("log")) : "";
    n.port = static_cast<std::uint16_t>(m.integer("port", 0, 0, 65'535));
    n.threads = static_cast<std::uint32_t>(m.integer("threads", 2, 1, 256));
    n.snapshot_every = static_cast<std::uint64_t>(m.integer("snapshot_every", 100'000, 100, 1'000'000'000));
    n.poison_deaths_max = static_cast<std::uint32_t>(m.integer("poisonous_input_deaths", n.poison_deaths_max, 1, 100));
    n.poison_stops = m.choice("poisonous_input", 0, {"park", "stop"}) == 1;
    n.pace = m.parsed<pace_setting>("pace", n.pace, [](const std::string& t) { return parse_pace(t); });
    m.child("storage", [&](mapping& c) { read_storage(c); });
    n.jobs = read_jobs(m, [this](const std::string& file) { return resolved(file); });
  }

  void read_storage(mapping& m) {
    constexpr std::int64_t bytes_max = std::int64_t{1} << 40;
    auto& s = d_.node.storage;
    const auto number = [&m](const char* key, std::uint64_t& value, std::int64_t least, std::int64_t most) {
      value = static_cast<std::uint64_t>(m.integer(key, static_cast<std::int64_t>(value), least, most));
    };
    s.sync = m.choice("durability", 0, {"sync", "os"}) == 0;
    s.anchor_before_acknowledgement = m.choice("anchoring", 0, {"periodic", "before_acknowledgement"}) == 1;
    number("free_bytes_min", s.free_bytes_min, 0, bytes_max);
    number("ballast_bytes", s.ballast_bytes, 0, bytes_max);
    number("scrub_bytes_per_s", s.scrub_bytes_per_s, 0, bytes_max);
    number("snapshot_interval_s", s.snapshot_interval_s, 0, 31'536'000);
    s.snapshots_kept = static_cast<std::uint32_t>(m.integer("snapshots_kept", s.snapshots_kept, 1, 100));
    number("queue_events_max", s.queue_events_max, 256, 100'000'000);
    number("feed_bytes_max", s.feed_bytes_max, 1 << 20, bytes_max);
    number("feed_stall_s", s.feed_stall_s, 1, 86'400);
    if (m.has("key_file")) s.key_file = resolved(m.text("key_file"));
    if (m.has("key_file") && m.text("key_file").empty())
      m.fail(errc::configuration_value, "key_file", "must name a file with keys (tomnext log keygen --out FILE); leave it out for a log in clear");
  }

  deployment& d_;
  std::string folder_;
};

// "0", or the name of an element that has one: strategies.cross.
result<std::size_t> place_in_list(const YAML::Node& list, const std::string& step, const std::string& path) {
  if (const auto n = parse_decimal(step, 0); n && *n >= 0 && static_cast<std::size_t>(*n) < list.size()) return static_cast<std::size_t>(*n);
  std::string names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].IsMap() || !list[i]["name"] || !list[i]["name"].IsScalar()) continue;
    const auto name = list[i]["name"].Scalar();
    if (name == step) return i;
    names += (names.empty() ? "; there are the names " : ", ") + name;
  }
  return error(errc::configuration_key, fmt::format("'{}' is no place in '{}', a list of {} (the first is 0){}", step, path, list.size(), names));
}

result<void> apply_override(YAML::Node top, const override_setting& o, diagnostics& out) {
  const auto place = fmt::format("--set {}", o.path);
  TOMNEXT_TRY(check_structure(o.value, place));
  const auto value = YAML::Load(o.value);
  std::vector<std::string> steps;
  std::stringstream split(o.path);
  for (std::string step; std::getline(split, step, '.');) steps.push_back(step);
  if (steps.empty() || o.path.back() == '.' || std::find(steps.begin(), steps.end(), "") != steps.end())
    return error(errc::configuration_key, fmt::format("{}: write path=value, such as strategies.0.fast=12", place));
  YAML::Node at;
  at.reset(top);
  std::string path;  // as readers write it: strategies[0].fast
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const bool last = i + 1 == steps.size();
    if (at.IsSequence()) {
      auto found = place_in_list(at, step, path);
      if (!found) return found.error().within(place);
      const auto index = *found;
      path += fmt::format("[{}]", index);
      if (last) at[index] = value;
      else at.reset(at[index]);
    } else if (at.IsMap() || at.IsNull() || !at.IsDefined()) {
      path += (path.empty() ? "" : ".") + step;
      // A section that the file does not have is made; a name that is none is the reader's to refuse.
      if (last) at[step] = value;
      else at.reset(at[step]);
    } else {
      return error(errc::configuration_key, fmt::format("{}: '{}' is a single value, and has no '{}' inside", place, path, step));
    }
  }
  out.came_from(path, place);
  return {};
}

result<std::string> read_text(const std::string& file) {
  std::error_code bad;
  if (std::filesystem::is_directory(file, bad)) return error(errc::configuration_syntax, fmt::format("{}: is a directory, not a configuration file", file));
  std::ifstream in(file, std::ios::binary);
  if (!in) return error(errc::configuration_syntax, fmt::format("{}: cannot be read", file));
  // One byte more than is allowed is enough to know; a device or a pipe need not end.
  std::string text(file_size_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return error(errc::configuration_syntax, fmt::format("{}: cannot be read", file));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

result<pace_setting> parse_pace(const std::string& text) {
  if (text == "lockstep") return pace_setting{true, 1};
  if (text == "recorded") return pace_setting{false, 1};
  if (text.size() > 1 && text[0] == 'x') {
    const auto times = parse_decimal(std::string_view(text).substr(1), 6);
    if (times && *times > 0) return pace_setting{false, static_cast<double>(*times) / 1e6};
    return error(errc::configuration_value, fmt::format("'{}': after the x comes a positive decimal number, such as x100 or x0.5", text));
  }
  return error(errc::configuration_value, fmt::format("'{}' is none of: lockstep, recorded, x2 (any multiple)", text));
}

result<override_setting> parse_override(const std::string& text) {
  auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return error(errc::configuration_key, fmt::format("'{}': write path=value, such as strategies.0.fast=12", text));
  return override_setting{text.substr(0, equals), text.substr(equals + 1)};
}

result<deployment> load_text(const std::string& text, const std::string& name, const std::string& folder, const std::vector<override_setting>& overrides) {
  if (text.size() > file_size_max) return error(errc::configuration_syntax, fmt::format("{}: larger than {} bytes", name, file_size_max));
  TOMNEXT_TRY(check_structure(text, name));
  diagnostics out(name);
  deployment d;
  try {
    auto top = YAML::Load(text);
    for (const auto& o : overrides) TOMNEXT_TRY(apply_override(top, o, out));
    {
      mapping m(top, "", out);
      if (!out.first()) loader(d, folder).read(m);
    }
    if (out.first()) return *out.first();
    auto sessions = session_offsets();
    if (!sessions) return sessions.error();
    d.sessions = std::move(*sessions);
    // How and where a node runs decides nothing: two nodes that differ in that alone go on with each other's logs.
    auto decisive = YAML::Clone(top);
    decisive.remove("node");
    YAML::Emitter canonical;
    canonical << decisive;
    d.source_text = canonical.c_str();
  } catch (const YAML::Exception& e) { return error(errc::configuration_syntax, fmt::format("{}:{}: {}", name, e.mark.line + 1, e.msg)); }
  return d;
}

result<deployment> load(const std::string& file, const std::vector<override_setting>& overrides) {
  auto text = read_text(file);
  if (!text) return text.error();
  auto folder = std::filesystem::absolute(file).parent_path().string();
  return load_text(*text, file, folder, overrides);
}

}  // namespace tomnext::config
