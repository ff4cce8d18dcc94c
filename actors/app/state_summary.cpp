#include "actors/app/state_summary.hpp"

#include <fmt/format.h>

#include "actors/replay/digits.hpp"
#include "domain/base/archive.hpp"

namespace tomnext::app {
namespace {

using nlohmann::ordered_json;
using replay::grouped;

/// What a host answers to a question; null where it knows no such question.
ordered_json ask(const replay::host_as_of& s, const std::string& question) {
  auto seen = s.host.view(*s.host.service, question, "");
  return seen ? ordered_json::parse(*seen, nullptr, false) : ordered_json(nullptr);
}

/// Numbers of instruments and strategies as the configuration names them.
void give_names(ordered_json& j, const config::deployment& d) {
  if (const auto id = j.value("instrument", std::uint64_t{0}); id != 0 && id <= d.instruments.size())
    j["instrument"] = std::string(d.instruments[id - 1].symbol.view());
  if (const auto id = j.value("strategy", std::uint64_t{0}); id != 0)
    for (const auto& s : d.strategies)
      if (s.strategy.value == id) {
        j["strategy"] = std::string(s.name.view());
        break;
      }
}

std::string word(const ordered_json& j) { return j.is_string() ? j.get<std::string>() : j.is_null() ? std::string("-") : j.dump(); }

std::string account_text(const ordered_json& a) {
  const auto in = word(a["currency"]);
  std::string out = fmt::format("account {}\n", word(a["account"]));
  for (const char* what : {"balance", "unrealised", "equity", "commission", "financing"})
    out += fmt::format("  {:<16}{:>16}  {}\n", what, grouped(word(a[what])), in);
  if (a.contains("not_valued")) out += fmt::format("  not valued: {}\n", word(a["not_valued"]));
  out += a["positions"].empty() ? "  no open positions\n" : fmt::format("  positions ({})\n", a["positions"].size());
  for (const auto& p : a["positions"])
    out += fmt::format("    {:<12}{:>16} at {:<12.8g}{} (position {})\n", word(p["instrument"]), grouped(word(p["net"])),
                       p["average_price"].is_number() ? p["average_price"].get<double>() : 0.0, word(p["strategy"]), word(p["position"]));
  return out;
}

std::string orders_text(const ordered_json& orders) {
  std::string out = orders.empty() ? "no open orders\n" : fmt::format("open orders ({})\n", orders.size());
  for (const auto& o : orders)
    out += fmt::format("    {:<12}{:<5}{:>16}, {} filled, {}, {} (order {})\n", word(o["instrument"]), word(o["side"]), grouped(word(o["size"])),
                       word(o["filled"]), word(o["state"]), word(o["strategy"]), word(o["order"]));
  return out;
}

std::string features_text(const ordered_json& f) {
  std::string out = fmt::format("features of {}, known at {}\n", word(f["instrument"]), word(f["known_at"]));
  for (const auto& v : f["values"].items()) out += fmt::format("  {:<16}{:>16}\n", v.key(), word(v.value()));
  return out;
}

}  // namespace

ordered_json state_summary(const std::vector<replay::host_as_of>& states, const config::deployment& d) {
  ordered_json j{{"as_of_seq", states.empty() ? 0 : states.front().seq}, {"at", states.empty() ? "" : to_string(states.front().at)}};
  for (const char* list : {"accounts", "orders", "books", "features"}) j[list] = ordered_json::array();
  state_hasher hash;
  for (const auto& s : states) {
    const auto& service = s.host.definition.service;
    s.host.service->hash_into(hash);
    if (auto a = service == "portfolio_management" ? ask(s, "account") : ordered_json(); a.is_object()) {
      for (auto& p : a["positions"]) give_names(p, d);
      j["accounts"].push_back(std::move(a));
    }
    if (auto all = service == "trading_gateway" ? ask(s, "orders") : ordered_json(); all.is_array())
      for (auto& o : all) {
        give_names(o, d);
        j["orders"].push_back(std::move(o));
      }
    if (service == "feature_store") {
      ordered_json f{{"instrument", s.host.definition.instrument}};
      give_names(f, d);
      if (const auto newest = ask(s, "newest"); newest.is_object()) f.update(newest);
      if (f.contains("values")) j["features"].push_back(std::move(f));
    }
    if (const auto b = service == "risk_management" ? ask(s, "status") : ordered_json(); b.is_object())
      j["books"].push_back({{"host", s.host.definition.name}, {"trading_state", b.value("trading_state", "")}});
  }
  j["state_hash"] = fmt::format("{:016x}", hash.digest());
  return j;
}

std::string summary_text(const ordered_json& j) {
  std::string out = fmt::format("as of event {}, {}\n\n", word(j["as_of_seq"]), word(j["at"]));
  for (const auto& a : j["accounts"]) out += account_text(a);
  out += "\n" + orders_text(j["orders"]);
  for (const auto& b : j["books"]) out += fmt::format("{}: trading is {}\n", word(b["host"]), word(b["trading_state"]));
  for (const auto& f : j["features"]) out += "\n" + features_text(f);
  if (j["features"].empty()) out += "no features known yet\n";
  return out + fmt::format("\nstate hash {}\n", word(j["state_hash"]));
}

}  // namespace tomnext::app
