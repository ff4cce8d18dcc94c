// A sweep of an EMA cross over a year of one-minute bars: one thread, then all processors, and how near to as many times as fast that is.
#include <atomic>
#include <thread>

#include "actors/replay/sweep_run.hpp"
#include "actors/replay/sweep_target.hpp"
#include "bench/harness.hpp"
#include "bench/market.hpp"
#include "persistence/parallel.hpp"

using namespace tomnext;
using namespace tomnext::bench;

namespace {

constexpr std::uint64_t bars_wanted = 372'000;

/// The demo's month again and again, with bars of a minute, until there are as many bars as asked for.
replay::sweep_runner runner(double& shared_s) {
  auto m = load(13);
  for (auto& s : m.d.strategies) s.bars = {60, price_side::mid};
  m.d.bars_without_updates = false;
  replay::sweep_market data;
  data.quotes = std::move(m.quotes);
  data.figures.accepted = data.quotes.size();
  const auto began = stopwatch::now();
  auto whole = must(replay::sweep_runner::of(m.d, {}, data));
  const auto& tape = whole.tape();
  if (!tape.refusal.empty()) stop({errc::invalid_argument, tape.refusal});
  std::uint64_t bars = 0;
  for (const auto& f : tape.firings) {
    bars += f.bars ? f.count : 0;
    if (bars < bars_wanted) continue;
    data.quotes.resize(f.quotes_before);
    data.figures.accepted = data.quotes.size();
    break;
  }
  auto r = must(replay::sweep_runner::of(m.d, {}, std::move(data)));
  shared_s = seconds_since(began) / 2;
  return r;
}

double seconds_of(const replay::sweep_runner& r, const std::vector<replay::sweep_axis>& axes, std::size_t points, unsigned threads) {
  const auto targets = must(replay::targets_of(r.deployment(), axes));
  const auto all = must(replay::random_points(axes, points, 1));
  const auto began = stopwatch::now();
  must(persistence::in_parallel(all.size(), threads, {}, [&](std::size_t i, const persistence::ask& go_on) -> result<void> {
    auto figures = r.run(must(replay::at_point(r.deployment(), targets, all[i])), go_on);
    if (!figures) return figures.error();
    return {};
  }));
  return seconds_since(began);
}

}  // namespace

int main(int argc, char** argv) {
  harness h("sweep_bench", "A sweep over a year of one-minute bars: one thread beside all processors.");
  std::size_t points = 1'000;
  std::size_t sample = 100;
  h.options().add_option("--points", points, "parameters of the whole sweep")->check(CLI::Range(10, 100'000))->capture_default_str();
  h.options().add_option("--sample", sample, "parameters by which scaling is measured, in turns")->check(CLI::Range(10, 100'000))->capture_default_str();
  h.parse(argc, argv);
  double shared_s = 0;
  const auto r = runner(shared_s);
  const auto axes = std::vector{must(replay::parse_axis("fast=2..60")), must(replay::parse_axis("slow=61..200"))};
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());

  std::vector<double> one, all, scaling;
  for (int i = 0; i < rounds; ++i) {
    one.push_back(seconds_of(r, axes, sample, 1));
    all.push_back(seconds_of(r, axes, sample, processors));
    scaling.push_back(one.back() / all.back());
  }
  const double whole = seconds_of(r, axes, points, processors);
  const auto whole_way = [&] {
    const auto began = stopwatch::now();
    (void)must(r.run_whole(r.deployment()));
    return seconds_since(began);
  }();
  const double each_ms = median(one) / static_cast<double>(sample) * 1e3;
  h.add({std::to_string(points) + " back-tests on " + std::to_string(processors) + " threads", whole, "s", "", 0, 20});
  h.add({"as many times as fast as one thread", median(scaling), "times", "threads", static_cast<double>(processors), 0.9 * processors});
  h.add({"one back-test of a sweep", each_ms, "ms", "every quote through every host", whole_way * 1e3, {}});
  h.add({"making bars once for all", shared_s * 1e3, "ms", "", 0, {}});
  h.note(std::to_string(r.market().quotes.size()) + " quotes, " + std::to_string(r.tape().bars.size()) + " bars, " + std::to_string(r.days().size()) + " days");
  h.print();
  return 0;
}
