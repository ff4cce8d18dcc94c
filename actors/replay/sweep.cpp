#include "actors/replay/sweep.hpp"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>

#include "persistence/checksum.hpp"
#include "persistence/parallel.hpp"
#include "persistence/wire.hpp"

namespace tomnext::replay {
namespace {

/// Of what a deployment reads besides quotes: models, swap rates and reports, holidays.
std::string hash_of_inputs(const config::deployment& d) {
  std::string all;
  const auto add = [&](const auto& e) { all += persistence::encode_to_string(event(header{}, e)) + '\n'; };
  for (const auto& m : d.models) all += persistence::to_hex(m.content_hash);
  for (const auto& x : d.holidays) add(x);
  for (const auto& x : d.swap_rates) add(x);
  for (const auto& x : d.swap_reports) add(x);
  return persistence::to_hex(persistence::sha256({all})).substr(0, 16);
}

sweep_identity identity_of(const sweep_runner& runner, const std::vector<sweep_axis>& axes) {
  sweep_identity i;
  i.configuration = persistence::to_hex(persistence::sha256({runner.deployment().source_text}));
  i.market = fmt::format("{:016x}", runner.market().hash) + hash_of_inputs(runner.deployment());
  for (const auto& a : axes) i.parameters.push_back(a.name);
  i.version = std::string(declaration_of(log_purpose::backtest).description.view());
  return i;
}

/// Rows are read again as a whole: some three gigabytes of daily equity.
constexpr std::size_t kept_days_max = 100'000'000;

/// Rows in the places of their points; filled by all threads, each place by one.
class row_table {
 public:
  row_table(std::size_t points, std::optional<sweep_file> file) : rows_(points), file_(std::move(file)) {}
  /// Keeps it durably first: what is counted as done is done.
  result<void> put(std::size_t place, sweep_row r) {
    if (file_) {
      const std::scoped_lock lock(mutex_);
      TOMNEXT_TRY(file_->add(r));
    }
    rows_[place] = std::move(r);
    ++done_;
    return {};
  }
  void put_found(std::size_t place, sweep_row r) {
    rows_[place] = std::move(r);
    ++done_;
  }
  [[nodiscard]] bool has(std::size_t place) const { return rows_[place].has_value(); }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  std::vector<sweep_row> take() {
    std::vector<sweep_row> all;
    for (auto& r : rows_)
      if (r) all.push_back(std::move(*r));
    return all;
  }

 private:
  std::vector<std::optional<sweep_row>> rows_;
  std::optional<sweep_file> file_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> done_{0};
};

}  // namespace

result<sweep_result> run_sweep(sweep_runner& runner, const sweep_plan& plan, const sweep_progress& on_progress) {
  auto targets = targets_of(runner.deployment(), plan.axes);
  if (!targets) return targets.error();
  sweep_result s;
  s.axes = plan.axes;
  s.days = runner.days();
  s.currency = std::string(runner.deployment().account.in.code.view());
  s.minor_units = runner.deployment().account.minor_units;

  std::vector<sweep_point> points;
  std::optional<config::deployment> first;
  for (const auto& p : plan.points) {
    auto d = at_point(runner.deployment(), *targets, p);
    if (d) {
      points.push_back(p);
      if (!first) first = std::move(*d);
      continue;
    }
    if (s.refused++ == 0) s.first_refusal = to_text(plan.axes, p) + ": " + d.error().message;
  }
  if (points.empty()) return error(errc::invalid_argument, "the strategy takes none of the " + std::to_string(s.refused) + " combinations; " + s.first_refusal);

  std::optional<sweep_file> file;
  if (!plan.folder.empty()) {
    if (points.size() * s.days.size() > kept_days_max)
      return error(errc::invalid_argument,
                   fmt::format("{} combinations of {} days are more than a folder of rows keeps ({} days of rows): take fewer combinations, or "
                               "a sweep without --out",
                               points.size(), s.days.size(), kept_days_max));
    auto opened = sweep_file::open(plan.folder, identity_of(runner, plan.axes), s.minor_units, plan.resume);
    if (!opened) return opened.error();
    file.emplace(std::move(*opened));
  }
  const auto found = file ? file->found() : std::vector<sweep_row>{};
  row_table table(points.size(), std::move(file));
  std::map<sweep_point, std::size_t> places;
  for (std::size_t i = 0; i < points.size(); ++i) places.emplace(points[i], i);
  for (const auto& r : found)
    if (r.failure.empty() && r.daily_equity.size() != s.days.size() + 1)
      return error(errc::log_corrupt, fmt::format("{}: the row of {} has {} days, the data have {}", plan.folder, to_text(plan.axes, r.point),
                                                  r.daily_equity.size(), s.days.size()));
  for (const auto& r : found)
    if (const auto place = places.find(r.point); place != places.end() && !table.has(place->second)) {
      table.put_found(place->second, r);
      ++s.resumed;
    }
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (!table.has(i)) open.push_back(i);

  const auto go_on = [&] { return !on_progress || on_progress(table.done(), points.size()); };
  const auto cancelled = [&] {
    return error(errc::cancelled, fmt::format("cancelled after {} of {} combinations{}", table.done(), points.size(),
                                              plan.folder.empty() ? "; with --out they would have been kept" : "; --resume goes on with them"));
  };
  if (!open.empty()) {
    // A point that fails has its place as a row; whether the tape is right is then seen at no point, and every quote is taken.
    auto checked = runner.check_tape(*first, go_on);
    if (!checked && checked.error().code == errc::cancelled) return cancelled();
    if (!checked) runner.give_up_tape("the first back-test fails: " + checked.error().message);
  }
  s.slow_reason = runner.tape().refusal;
  auto ran = persistence::in_parallel(open.size(), plan.threads, go_on, [&](std::size_t n, const persistence::ask& more) -> result<void> {
    const auto& point = points[open[n]];
    auto d = at_point(runner.deployment(), *targets, point);
    if (!d) return d.error();
    auto figures = runner.run(*d, more);
    if (!figures && figures.error().code == errc::cancelled) return figures.error();
    return table.put(open[n], row_of(point, figures));
  });
  if (!ran && ran.error().code == errc::cancelled) return cancelled();
  if (!ran) return ran.error();
  s.rows = table.take();
  return s;
}

}  // namespace tomnext::replay
