#include "config/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "config/dates.hpp"
#include "config/time_zones.hpp"
#include "domain/calendar/job_book.hpp"

namespace tomnext::config {
namespace {

using calendar::cron;

constexpr std::int64_t week_s = 7 * 86'400;
constexpr std::int64_t bytes_max = std::int64_t{1} << 40;

// Names stand in the paths of the HTTP endpoint, and in metrics.
bool is_job_name(const std::string& name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= text::capacity && std::all_of(name.begin(), name.end(), good);
}

// An expression is compared with the one in the log when a node starts, and an event holds no more than this of it.
result<std::optional<cron>> parse_expression(const std::string& text) {
  if (text.size() > long_text::capacity)
    return error(errc::configuration_value, fmt::format("an expression of {} bytes; at most {} are allowed", text.size(), long_text::capacity));
  auto c = cron::parse(text);
  if (!c) return c.error();
  return std::optional<cron>(std::move(*c));
}

class jobs_reader {
 public:
  explicit jobs_reader(const std::function<std::string(const std::string&)>& resolved) : resolved_(resolved) {}

  void read_holidays(mapping& m) {
    const auto name = m.text("name");
    if (parse_date(name) || !is_job_name(name))
      m.fail(errc::configuration_value, "name",
             fmt::format("'{}' is no name of a list of holidays: 1 to {} letters, digits, '_', '-' and '.', and no date", name, text::capacity));
    if (lists_.count(name) != 0) m.fail(errc::configuration_value, "name", fmt::format("'{}' is used twice", name));
    m.require("dates");
    lists_[name] = dates_of(m, "dates", false);
  }

  void read_job(mapping& m) {
    const auto name = m.text("name");
    if (!is_job_name(name))
      m.fail(errc::configuration_value, "name", fmt::format("'{}' is no name of a job: 1 to {} letters, digits, '_', '-' and '.'", name, text::capacity));
    if (std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& other) { return other.when.name == name; }))
      m.fail(errc::configuration_value, "name", fmt::format("'{}' is used twice", name));
    const auto expression = m.parsed<std::optional<cron>>("schedule", {}, parse_expression);
    const auto where = zone_of(m);
    auto [holidays, on_holiday] = holidays_of(m);
    const auto action = m.choice("action", {}, {job_action_names.begin(), job_action_names.end()});
    const auto missed = static_cast<calendar::missed_policy>(m.choice("missed", 1, {"skip", "run_once", "run_all"}));
    const auto missed_max = m.integer("missed_max", 10, 1, 1'000);
    const auto overlap = static_cast<calendar::overlap_policy>(m.choice("overlap", 0, {"skip", "queue_one"}));
    const auto grace_s = m.integer("grace_s", 60, 1, 86'400);
    const auto timeout_s = m.integer("timeout_s", 600, 1, week_s);
    std::string target;
    std::int64_t bytes_per_s = 64 << 20;
    if (job_action_names[action] == "log_backup") target = target_of(m);
    if (job_action_names[action] == "log_scrub") bytes_per_s = m.integer("bytes_per_s", bytes_per_s, 0, bytes_max);
    if (jobs_.size() == calendar::job_book::jobs_max) m.fail(errc::configuration_value, "name", fmt::format("more than {} jobs", calendar::job_book::jobs_max));
    if (!expression || !where) return;  // reported
    calendar::job_settings when{name, calendar::schedule(*expression, where, std::move(holidays), on_holiday)};
    when.missed = missed;
    when.overlap = overlap;
    when.missed_runs_max = static_cast<std::uint32_t>(missed_max);
    when.grace_ns = grace_s * second_ns;
    when.deadline_ns = timeout_s * second_ns;
    when.action = job_action_names[action];
    jobs_.push_back({std::move(when), std::move(target), static_cast<std::uint64_t>(bytes_per_s)});
  }

  std::vector<job_setting> take() { return std::move(jobs_); }

 private:
  // Dates, and where `lists` is set names of lists.
  std::vector<date> dates_of(mapping& m, const std::string& key, bool lists) const {
    std::vector<date> all;
    for (const auto& word : m.list(key)) {
      const auto one = parse_date(word);
      const auto list = lists ? lists_.find(word) : lists_.end();
      if (one) all.push_back(*one);
      else if (list != lists_.end()) all.insert(all.end(), list->second.begin(), list->second.end());
      else m.fail(errc::configuration_value, key, one.error().message + (lists ? ", nor a list of node.holidays" + known_lists() : ""));
    }
    return all;
  }

  [[nodiscard]] std::string known_lists() const {
    std::string all;
    for (const auto& [name, dates] : lists_) all += (all.empty() ? " (there are: " : ", ") + name;
    return all.empty() ? ", of which there are none" : all + ")";
  }

  std::pair<calendar::holiday_set, calendar::holiday_policy> holidays_of(mapping& m) const {
    const bool any = m.has("holidays");
    auto set = calendar::holiday_set::make(dates_of(m, "holidays", true));
    if (!set) m.fail(errc::configuration_value, "holidays", set.error().message);
    if (m.has("on_holiday") && !any) m.fail(errc::configuration_value, "on_holiday", "says nothing without 'holidays', which names none");
    const auto policy = m.choice("on_holiday", 1, {"run", "skip", "next_business_day", "previous_business_day"});
    return {set.value_or({}), any ? static_cast<calendar::holiday_policy>(policy) : calendar::holiday_policy::run};
  }

  std::shared_ptr<const calendar::zone> zone_of(mapping& m) {
    const auto name = m.text("zone", "America/New_York");
    auto& known = zones_[name];
    if (known) return known;
    auto z = zone_named(name);
    if (z) known = std::make_shared<const calendar::zone>(std::move(*z));
    else m.fail(z.error().code, "zone", z.error().message);
    return known;
  }

  [[nodiscard]] std::string target_of(mapping& m) const {
    const auto folder = m.text("target");
    if (m.has("target") && folder.empty()) m.fail(errc::configuration_value, "target", "must name the folder of the backup");
    return resolved_(folder);
  }

  const std::function<std::string(const std::string&)>& resolved_;
  std::map<std::string, std::vector<date>> lists_;
  std::map<std::string, std::shared_ptr<const calendar::zone>> zones_;
  std::vector<job_setting> jobs_;
};

}  // namespace

std::vector<job_setting> read_jobs(mapping& node, const std::function<std::string(const std::string&)>& resolved) {
  jobs_reader r(resolved);
  node.each("holidays", [&](mapping& m, std::size_t) { r.read_holidays(m); });
  node.each("jobs", [&](mapping& m, std::size_t) { r.read_job(m); });
  return r.take();
}

}  // namespace tomnext::config
