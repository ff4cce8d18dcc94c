#include "config/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/yaml_reader.hpp"

namespace tomnext::config {
namespace {

constexpr std::size_t file_size_max = 1 << 20;

// A T+1 pair settles one day earlier than the rest. Source: the T+1 list of services.md, as data.
std::uint32_t spot_lag(currency base, currency quote) {
  const bool usd = base.code == "USD" || quote.code == "USD";
  for (const char* c : {"CAD", "TRY", "PHP", "RUB"})
    if (usd && (base.code == c || quote.code == c)) return 1;
  return 2;
}

bool is_metal(currency c) { return !c.code.empty() && c.code.view()[0] == 'X' && (c.code == "XAU" || c.code == "XAG" || c.code == "XPT" || c.code == "XPD"); }

result<std::pair<currency, currency>> parse_symbol(const std::string& symbol) {
  auto slash = symbol.find('/');
  auto allowed = error(errc::unknown_instrument, fmt::format("'{}' is no spot pair; write two ISO 4217 codes such as GBP/USD (forwards, options and CFDs are not traded here)", symbol));
  if (slash != 3 || symbol.size() != 7) return allowed;
  auto base = currency::parse(symbol.substr(0, 3)), quote = currency::parse(symbol.substr(4));
  if (!base || !quote || *base == *quote) return allowed;
  return std::pair{*base, *quote};
}

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
    if (!top.has("account")) top.fail(errc::configuration_key, "account", "is missing");
    top.child("account", [&](mapping& m) { read_account(m); });
    top.child("venue", [&](mapping& m) {
      d_.commission_rate = m.parsed<rate>("commission_rate", rate{}, [](const std::string& t) { return rate::parse(t); });
      if (d_.commission_rate.value < 0 || d_.commission_rate.value >= rate::one) m.fail(errc::configuration_value, "commission_rate", "must be from 0 to below 1");
      // Only what is built is accepted: a financing method that silently charged nothing would be a wrong result.
      m.choice("financing", 0, {"none"});
    });
    bool says_bars = false;
    top.child("research", [&](mapping& m) {
      says_bars = m.has("bars");
      read_research(m);
    });
    top.each("models", [&](mapping& m, std::size_t) { read_model(m); });
    top.each("strategies", [&](mapping& m, std::size_t i) { read_strategy(m, i); });
    for (auto& s : d_.strategies)
      s.sole_trader = std::count_if(d_.strategies.begin(), d_.strategies.end(), [&](const auto& other) { return other.instrument == s.instrument; }) == 1;
    if (!says_bars && !d_.strategies.empty()) d_.research_bars = d_.strategies.front().bars;
    top.child("risk", [&](mapping& m) { read_risk(m); });
    top.child("monitoring", [&](mapping& m) { d_.drawdown_alert = m.number("drawdown", d_.drawdown_alert, 0.0001, 1); });
    top.child("node", [&](mapping& m) { read_node(m); });
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
    auto pair = parse_symbol(symbol);
    if (!pair) {
      m.fail(errc::unknown_instrument, key, pair.error().message);
      return {};
    }
    if (d_.instruments.size() + 1 >= instruments_max) {
      m.fail(errc::configuration_value, key, fmt::format("more than {} instruments", instruments_max - 1));
      return {};
    }
    instrument_defined i;
    i.instrument = instrument_id{static_cast<std::uint32_t>(d_.instruments.size() + 1)};
    i.version = 1;
    i.symbol = std::string_view(symbol);
    i.base = pair->first;
    i.quote = pair->second;
    i.kind = is_metal(i.base) ? instrument_kind::spot_metal : instrument_kind::spot_fx;
    i.price_precision = minor_units(i.quote) == 0 ? 3 : is_metal(i.base) ? 2 : 5;
    i.quantity_step = quantity::whole(1);
    i.quantity_min = quantity::whole(1);
    i.spot_lag_days = spot_lag(i.base, i.quote);
    i.base_minor_units = minor_units(i.base);
    i.quote_minor_units = minor_units(i.quote);
    d_.instruments.push_back(i);
    return i.instrument;
  }

  // An instrument that is traded or quoted must be one of the file's: a typo in a strategy is not a new pair.
  instrument_id known_instrument(mapping& m, const std::string& key) {
    auto symbol = m.text(key);
    for (const auto& i : d_.instruments) if (i.symbol == std::string_view(symbol)) return i.instrument;
    std::string all;
    for (const auto& i : d_.instruments) all += (all.empty() ? "" : ", ") + std::string(i.symbol.view());
    m.fail(errc::unknown_instrument, key, fmt::format("unknown instrument '{}'; there are: {}", symbol, all));
    return {};
  }

  static quantity units(mapping& m, const std::string& key, std::optional<quantity> fallback) {
    auto q = m.parsed<quantity>(key, fallback, [](const std::string& t) { return quantity::parse(t); });
    if (q.value < 0 || (!fallback && q.value == 0)) m.fail(errc::configuration_value, key, "must be positive");
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
    i.quantity_min = units(m, "quantity_min", i.quantity_min);
    i.spot_lag_days = static_cast<std::uint32_t>(m.integer("spot_lag_days", i.spot_lag_days, 0, 2));
    i.base_minor_units = static_cast<std::uint32_t>(m.integer("base_minor_units", i.base_minor_units, 0, 6));
    i.quote_minor_units = static_cast<std::uint32_t>(m.integer("quote_minor_units", i.quote_minor_units, 0, 6));
  }

  void read_data(mapping& m) {
    data_source s;
    if (m.has("log")) {
      s.log = resolved(m.text("log"));
      d_.data.push_back(s);
      return;
    }
    s.format = m.text("format");
    const auto format = m.choice("format", {}, {"fxcm-m1", "lean-tick"});
    s.instrument = define(m.text("instrument"), m, "instrument");
    if (format == 0) {
      s.files = {resolved(m.text("bid")), resolved(m.text("ask"))};
      m.choice("as", 0, {"ticks"});
      s.stamp = m.choice("stamp", 0, {"open", "close"}) == 0 ? "open" : "close";
    } else {
      for (const auto& f : m.list("files")) s.files.push_back(resolved(f));
      if (s.files.empty()) m.fail(errc::configuration_key, "files", "names no file");
      s.utc_offset_minutes = static_cast<std::int32_t>(m.integer("utc_offset_minutes", -300, -14 * 60, 14 * 60));
    }
    d_.data.push_back(std::move(s));
  }

  void read_account(mapping& m) {
    auto& a = d_.account;
    a.account = account_id{1};
    a.in = m.parsed<currency>("currency", {}, [](const std::string& t) { return currency::parse(t); });
    a.minor_units = static_cast<std::uint32_t>(m.integer("minor_units", minor_units(a.in), 0, 6));
    auto balance = m.parsed<std::int64_t>("balance", {}, [&](const std::string& t) { return parse_decimal(t, a.minor_units); });
    if (balance < 0) m.fail(errc::configuration_value, "balance", "must not be negative");
    a.balance = amount{balance};
    a.positions = m.choice("positions", 0, {"netting", "hedging"}) == 1 ? position_mode::hedging : position_mode::netting;
    a.conversion = static_cast<conversion_method>(m.choice("conversion", 0, {"side_traded", "by_sign", "mid"}));
  }

  void read_research(mapping& m) {
    d_.research = m.boolean("enabled", true);
    d_.research_bars = m.parsed<bar_spec>("bars", d_.research_bars, [](const std::string& t) { return parse_bar_spec(t); });
    m.each("features", [&](mapping& f, std::size_t) {
      feature_setting s;
      s.kind = static_cast<feature_kind>(f.choice("kind", {}, {"ema", "log_return", "atr", "spread", "session", "volatility", "minute_of_day", "weekday"}));
      const bool spread_or_clock = s.kind == feature_kind::spread || s.kind == feature_kind::session || s.kind == feature_kind::minute_of_day ||
                                   s.kind == feature_kind::weekday;
      const int period_min = s.kind == feature_kind::volatility ? 2 : 1;
      if (!spread_or_clock) s.period = static_cast<std::uint32_t>(f.integer("period", period_min, period_min, 10'000));
      auto kind = f.text("kind");
      s.name = std::string_view(f.text("name", spread_or_clock ? kind : kind + "_" + std::to_string(s.period)));
      for (const auto& other : d_.features)
        if (other.name == s.name) f.fail(errc::configuration_value, "name", fmt::format("'{}' is used twice", s.name.view()));
      d_.features.push_back(s);
    });
    if (d_.features.size() > features_max) m.fail(errc::configuration_value, "features", fmt::format("more than {}", features_max));
  }

  void read_model(mapping& m) {
    model_setting s;
    s.name = std::string_view(m.text("name"));
    s.file = resolved(m.text("file"));
    s.instrument = known_instrument(m, "instrument");
    s.confirm_at = m.number("confirm_at", 0.65, 0.5, 1);
    s.reject_at = m.number("reject_at", 0.35, 0, 0.5);
    d_.models.push_back(s);
  }

  void read_strategy(mapping& m, std::size_t index) {
    strategy_execution::strategy_configuration s;
    s.strategy = strategy_id{static_cast<std::uint32_t>(index + 1)};
    s.kind = m.text("kind");
    s.name = std::string_view(m.text("name", s.kind + ":" + std::to_string(index + 1)));
    for (const auto& other : d_.strategies) if (other.name == s.name) m.fail(errc::configuration_value, "name", fmt::format("'{}' is used twice", s.name.view()));
    s.instrument = known_instrument(m, "instrument");
    s.account = d_.account.account;
    s.positions = d_.account.positions;
    s.bars = m.parsed<bar_spec>("bars", {}, [](const std::string& t) { return parse_bar_spec(t); });
    s.size = units(m, "size", {});
    if (s.instrument) {
      const auto& i = d_.instruments[s.instrument.value - 1];
      if (i.quantity_step.value > 0 && s.size.value % i.quantity_step.value != 0)
        m.fail(errc::configuration_value, "size", fmt::format("must be a multiple of the quantity step {}", i.quantity_step.to_string()));
      if (s.size < i.quantity_min) m.fail(errc::configuration_value, "size", fmt::format("must be at least {}", i.quantity_min.to_string()));
    }
    s.at_end = m.choice("at_end", 0, {"close", "keep"}) == 0 ? strategy_execution::stop_policy::close : strategy_execution::stop_policy::keep;
    s.confirm_by_model = m.boolean("confirm_by_model", false);
    for (auto& [key, value] : m.rest()) s.parameters.emplace(key, value);
    auto made = strategy_execution::make_strategy(s.kind, s.parameters);
    if (!made) m.fail(made.error().code, "kind", made.error().message);
    d_.strategies.push_back(std::move(s));
  }

  void read_risk(mapping& m) {
    d_.risk.position_max = units(m, "position_max", quantity{});
    const auto decimals = d_.instruments.empty() ? 2u : d_.instruments.front().quote_minor_units;
    d_.risk.notional_max = m.parsed<amount>("notional_max", amount{}, [&](const std::string& t) -> result<amount> {
      auto v = parse_decimal(t, decimals);
      if (!v) return v.error();
      return amount{*v};
    });
    d_.risk.orders_per_second_max = static_cast<std::uint32_t>(m.integer("orders_per_second_max", 0, 0, 1'000'000));
    d_.risk.price_collar = m.parsed<rate>("price_collar", rate{}, [](const std::string& t) { return rate::parse(t); });
    if (d_.risk.price_collar.value < 0) m.fail(errc::configuration_value, "price_collar", "must not be negative");
  }

  void read_node(mapping& m) {
    auto& n = d_.node;
    n.log = m.has("log") ? resolved(m.text("log")) : "";
    n.port = static_cast<std::uint16_t>(m.integer("port", 0, 0, 65'535));
    n.threads = static_cast<std::uint32_t>(m.integer("threads", 2, 1, 256));
    n.snapshot_every = static_cast<std::uint64_t>(m.integer("snapshot_every", 100'000, 100, 1'000'000'000));
    auto pace = m.text("pace", "lockstep");
    n.pace.lockstep = pace == "lockstep";
    if (pace == "recorded") n.pace.times = 1;
    else if (pace.size() > 1 && pace[0] == 'x') {
      auto v = parse_decimal(std::string_view(pace).substr(1), 6);
      if (!v || *v <= 0) m.fail(errc::configuration_value, "pace", fmt::format("'{}': after the x comes a positive number", pace));
      else n.pace.times = static_cast<double>(*v) / 1e6;
    } else if (!n.pace.lockstep) m.fail(errc::configuration_value, "pace", fmt::format("'{}' is none of: lockstep, recorded, x2 (any multiple)", pace));
  }

  deployment& d_;
  std::string folder_;
};

result<void> apply_override(YAML::Node top, const override_setting& o) {
  try {
    YAML::Node at;
    at.reset(top);
    std::stringstream path(o.path);
    std::vector<std::string> steps;
    for (std::string step; std::getline(path, step, '.');) steps.push_back(step);
    if (steps.empty()) return error(errc::configuration_key, "--set needs path=value, such as strategies.0.fast=12");
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool last = i + 1 == steps.size();
      auto where = fmt::format("--set {}: ", o.path);
      if (at.IsSequence()) {
        auto n = parse_decimal(steps[i], 0);
        if (!n || *n < 0 || static_cast<std::size_t>(*n) >= at.size())
          return error(errc::configuration_key, fmt::format("{}'{}' is no place in a list of {}", where, steps[i], at.size()));
        auto index = static_cast<std::size_t>(*n);
        if (last) at[index] = YAML::Load(o.value); else at.reset(at[index]);
      } else if (at.IsMap() || at.IsNull()) {
        if (last) at[steps[i]] = YAML::Load(o.value); else at.reset(at[steps[i]]);
      } else {
        return error(errc::configuration_key, fmt::format("{}'{}' lies inside a single value", where, steps[i]));
      }
    }
    return {};
  } catch (const YAML::Exception& e) {
    return error(errc::configuration_syntax, fmt::format("--set {}: {}", o.path, e.what()));
  }
}

}  // namespace

result<override_setting> parse_override(const std::string& text) {
  auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return error(errc::configuration_key, fmt::format("'{}': write path=value, such as strategies.0.fast=12", text));
  return override_setting{text.substr(0, equals), text.substr(equals + 1)};
}

result<deployment> load_text(const std::string& text, const std::string& name, const std::string& folder, const std::vector<override_setting>& overrides) {
  if (text.size() > file_size_max) return error(errc::configuration_syntax, fmt::format("{}: larger than {} bytes", name, file_size_max));
  diagnostics out(name);
  deployment d;
  try {
    auto top = YAML::Load(text);
    for (const auto& o : overrides) TOMNEXT_TRY(apply_override(top, o));
    {
      mapping m(top, "", out);
      if (!out.first()) loader(d, folder).read(m);
    }
    if (out.first()) return *out.first();
    auto sessions = session_offsets();
    if (!sessions) return sessions.error();
    d.sessions = std::move(*sessions);
    YAML::Emitter canonical;
    canonical << top;
    d.source_text = canonical.c_str();
  } catch (const YAML::Exception& e) {
    return error(errc::configuration_syntax, fmt::format("{}:{}: {}", name, e.mark.line + 1, e.msg));
  }
  return d;
}

result<deployment> load(const std::string& file, const std::vector<override_setting>& overrides) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return error(errc::file_unreadable, fmt::format("{}: cannot be read", file));
  std::stringstream text;
  text << in.rdbuf();
  auto folder = std::filesystem::absolute(file).parent_path().string();
  return load_text(text.str(), file, folder, overrides);
}

}  // namespace tomnext::config
