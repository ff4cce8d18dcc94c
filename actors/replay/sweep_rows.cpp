#include "actors/replay/sweep_rows.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "actors/replay/json_optional.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::replay {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t file_bytes_max = std::size_t{4} << 30;

std::optional<double> optional_of(const json& j) { return j.is_null() ? std::nullopt : std::optional<double>(j.get<double>()); }

std::int64_t money_of(const json& j, std::uint32_t minor_units) {
  auto v = parse_decimal(j.get<std::string>(), minor_units);
  if (!v) throw std::invalid_argument(v.error().message);
  return *v;
}

result<void> same(const std::string& file, const sweep_identity& there, const sweep_identity& wanted) {
  const auto refuse = [&](const std::string& what) {
    return error(errc::invalid_argument, file + ": its rows are of " + what + "; take another folder, or the sweep that it was begun with");
  };
  if (there.configuration != wanted.configuration) return refuse("another configuration (hash " + there.configuration + ", now " + wanted.configuration + ")");
  if (there.market != wanted.market) return refuse("other data (hash " + there.market + ", now " + wanted.market + ")");
  if (there.version != wanted.version) return refuse("another version (" + there.version + ", now " + wanted.version + ")");
  if (there.parameters != wanted.parameters) return refuse("other parameters, or in another order");
  return {};
}

}  // namespace

sweep_row row_of(const sweep_point& point, const result<sweep_figures>& run) {
  sweep_row r;
  r.point = point;
  if (!run) {
    r.failure = run.error().message;
    return r;
  }
  r.orders = run->orders;
  r.fills = run->fills;
  r.positions = run->positions;
  r.denied_orders = run->denied_orders;
  r.rejected_orders = run->rejected_orders;
  r.open_positions = run->open_positions;
  const auto& s = run->statistics;
  r.wins = s.wins;
  r.losses = s.losses;
  r.commission = run->commission.value;
  r.financing = run->financing.value;
  r.final_balance = run->final_balance.value;
  r.total_return = s.total_return;
  r.max_drawdown = s.max_drawdown;
  r.sharpe = s.sharpe;
  r.sortino = s.sortino;
  r.win_rate = s.win_rate;
  r.profit_factor = s.profit_factor;
  r.daily_equity = run->daily_equity;
  return r;
}

std::string to_json(const sweep_identity& i) {
  return json{{"sweep", 1}, {"version", i.version}, {"configuration", i.configuration}, {"market", i.market}, {"parameters", i.parameters}}.dump();
}

namespace {

// The row without its last field, and what that says of it: a line that somebody has changed is told from one that is whole.
constexpr std::string_view check_field = ",\"crc32c\":\"";
std::string checked(std::string row) {
  row.pop_back();
  return row + std::string(check_field) + fmt::format("{:08x}", persistence::crc32c(row)) + "\"}";
}
result<void> check(const std::string& line) {
  const auto at = line.rfind(check_field);
  if (at == std::string::npos || line != checked(line.substr(0, at) + "}"))
    return error(errc::log_corrupt, "no row of a sweep, or one that was changed: its checksum differs");
  return {};
}

}  // namespace

std::string to_json(const sweep_row& r, const std::vector<std::string>& parameters, std::uint32_t minor_units) {
  json j;
  // Values as text: they are exact decimals.
  for (std::size_t i = 0; i < parameters.size(); ++i) j["parameters"][parameters[i]] = r.point[i];
  if (!r.failure.empty()) {
    j["failure"] = r.failure;
    return checked(j.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  j["final_balance"] = tomnext::to_string(amount{r.final_balance}, minor_units);
  j["commission"] = tomnext::to_string(amount{r.commission}, minor_units);
  j["financing"] = tomnext::to_string(amount{r.financing}, minor_units);
  j["total_return"] = r.total_return;
  j["max_drawdown"] = r.max_drawdown;
  j["sharpe"] = or_null(r.sharpe);
  j["sortino"] = or_null(r.sortino);
  j["win_rate"] = or_null(r.win_rate);
  j["profit_factor"] = or_null(r.profit_factor);
  j["orders"] = r.orders;
  j["denied_orders"] = r.denied_orders;
  j["rejected_orders"] = r.rejected_orders;
  j["fills"] = r.fills;
  j["positions"] = r.positions;
  j["open_positions"] = r.open_positions;
  j["wins"] = r.wins;
  j["losses"] = r.losses;
  j["daily_equity"] = r.daily_equity;
  return checked(j.dump());
}

result<sweep_identity> parse_identity(const std::string& line) {
  try {
    const auto j = json::parse(line);
    if (j.at("sweep") != 1) return error(errc::log_newer_version, "a sweep's file of another form");
    sweep_identity i;
    i.configuration = j.at("configuration").get<std::string>();
    i.market = j.at("market").get<std::string>();
    i.parameters = j.at("parameters").get<std::vector<std::string>>();
    i.version = j.at("version").get<std::string>();
    return i;
  } catch (const std::exception& e) { return error(errc::log_corrupt, std::string("no beginning of a sweep's file: ") + e.what()); }
}

result<sweep_row> parse_row(const std::string& line, const std::vector<std::string>& parameters, std::uint32_t minor_units) {
  TOMNEXT_TRY(check(line));
  try {
    const auto j = json::parse(line);
    sweep_row r;
    for (const auto& p : parameters) r.point.push_back(j.at("parameters").at(p).get<std::string>());
    if (j.contains("failure")) {
      r.failure = j["failure"].get<std::string>();
      return r;
    }
    r.final_balance = money_of(j.at("final_balance"), minor_units);
    r.commission = money_of(j.at("commission"), minor_units);
    r.financing = money_of(j.at("financing"), minor_units);
    r.total_return = j.at("total_return");
    r.max_drawdown = j.at("max_drawdown");
    r.sharpe = optional_of(j.at("sharpe"));
    r.sortino = optional_of(j.at("sortino"));
    r.win_rate = optional_of(j.at("win_rate"));
    r.profit_factor = optional_of(j.at("profit_factor"));
    r.orders = j.at("orders");
    r.denied_orders = j.at("denied_orders");
    r.rejected_orders = j.at("rejected_orders");
    r.fills = j.at("fills");
    r.positions = j.at("positions");
    r.open_positions = j.at("open_positions");
    r.wins = j.at("wins");
    r.losses = j.at("losses");
    r.daily_equity = j.at("daily_equity").get<std::vector<double>>();
    return r;
  } catch (const std::exception& e) { return error(errc::log_corrupt, std::string("no row of a sweep: ") + e.what()); }
}

result<sweep_file> sweep_file::open(const std::string& folder, const sweep_identity& identity, std::uint32_t minor_units, bool resume) {
  TOMNEXT_TRY(persistence::make_folder(folder));
  auto lock = persistence::folder_lock::take(folder);
  if (!lock) return lock.error();
  const auto path = folder + "/" + name;
  std::error_code bad;
  const bool there = std::filesystem::exists(path, bad);
  if (there && !resume) return error(errc::invalid_argument, folder + ": holds a sweep already; --resume goes on with it");
  auto file = there ? persistence::append_file::resume(path) : persistence::append_file::create(path);
  if (!file) return file.error();
  sweep_file f(std::move(*lock), std::move(*file), identity, minor_units);
  auto lines = persistence::read_lines(path, file_bytes_max);
  if (!lines) return lines.error();
  if (lines->empty()) {
    TOMNEXT_TRY(f.file_.append(to_json(identity)));
    return f;
  }
  auto was = parse_identity(lines->front());
  if (!was) return was.error().within(path + ":1");
  TOMNEXT_TRY(same(path, *was, identity));
  for (std::size_t i = 1; i < lines->size(); ++i) {
    auto row = parse_row((*lines)[i], identity.parameters, minor_units);
    if (!row) return row.error().within(path + ":" + std::to_string(i + 1));
    f.found_.push_back(std::move(*row));
  }
  return f;
}

result<void> sweep_file::add(const sweep_row& r) { return file_.append(to_json(r, identity_.parameters, minor_units_)); }

}  // namespace tomnext::replay
