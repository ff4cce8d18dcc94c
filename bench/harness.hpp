// What all benchmarks share: rounds and medians, the figures with their peers, a table for people and one JSON line for programs.
#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::bench {

/// Every figure is the median of so many rounds; the peer is measured within each round, so that what else the machine does falls on both.
inline constexpr int rounds = 5;

using stopwatch = std::chrono::steady_clock;
inline double seconds_since(stopwatch::time_point from) { return std::chrono::duration<double>(stopwatch::now() - from).count(); }
inline double microseconds(stopwatch::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

[[noreturn]] inline void stop(const error& e) {
  std::fprintf(stderr, "benchmark: %s\n", e.message.c_str());
  std::exit(1);
}
template <class T> T must(result<T> r) {
  if (!r) stop(r.error());
  return std::move(*r);
}
inline void must(result<void> r) {
  if (!r) stop(r.error());
}

/// The value that a share of all lies at or below; 0 where there is none.
inline double quantile(std::vector<double> all, double share) {
  if (all.empty()) return 0;
  const auto at = std::min(all.size() - 1, static_cast<std::size_t>(static_cast<double>(all.size()) * share));
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
  return all[at];
}
inline double median(std::vector<double> all) { return quantile(std::move(all), 0.5); }

/// One measured figure, beside what it is compared with in the same run.
struct figure {
  std::string name;
  double value{};
  std::string unit;
  std::string peer;                ///< what the peer is; empty: none
  double peer_value{};             ///< in the same unit
  std::optional<double> target{};  ///< in the same unit; never asserted
};

/// A folder of its own below the one asked for, removed at the end.
class scratch_folder {
 public:
  explicit scratch_folder(const std::string& below) {
    auto pattern = (std::filesystem::path(below) / "tomnext-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) stop({errc::log_io, "cannot make a folder below " + below + ": name another with --folder"});
    path_ = pattern;
  }
  ~scratch_folder() {
    std::error_code ignored;  // left behind at worst
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Who else wanted the processors: what a figure was measured beside belongs to it.
class machine_load {
 public:
  /// The processors' time that other processes have taken since this object was made, as a share of all there was.
  [[nodiscard]] double share_of_others() const {
    const double all = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)) * seconds_since(began_);
    return std::max(0.0, (busy_s() - busy_ - (own_s() - own_)) / all);
  }

 private:
  // user, nice, system, irq, softirq and steal of the first line, in clock ticks; idle and iowait are not work.
  static double busy_s() {
    std::ifstream in("/proc/stat");
    std::string cpu;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    in >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    return (user + nice + system + irq + softirq + steal) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  static double own_s() {
    rusage u{};
    ::getrusage(RUSAGE_SELF, &u);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return seconds(u.ru_utime) + seconds(u.ru_stime);
  }
  stopwatch::time_point began_ = stopwatch::now();
  double busy_ = busy_s(), own_ = own_s();
};

/// A benchmark's command line and its answer. --help and --json are the same everywhere.
class harness {
 public:
  harness(std::string name, const std::string& about) : name_(std::move(name)), app_(about, name_) {
    app_.add_flag("--json", json_, "one JSON line instead of the table");
    app_.add_option("--folder", folder_, "where files are written meanwhile: the disk that is measured")->type_name("DIR")->capture_default_str();
  }
  CLI::App& options() { return app_; }
  void parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) { std::exit(app_.exit(e)); }
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void add(figure f) { figures_.push_back(std::move(f)); }
  void note(std::string text) { notes_.push_back(std::move(text)); }
  void print() {
    others_ = load_.share_of_others();
    json_ ? print_json() : print_table();
  }

 private:
  void print_table() const {
    std::printf("%-56s %12s %-10s %12s %7s %10s\n", "", "measured", "", "peer", "ratio", "target");
    for (const auto& f : figures_) {
      std::printf("%-56s %12.2f %-10s", f.name.c_str(), f.value, f.unit.c_str());
      if (f.peer.empty()) std::printf(" %12s %7s", "", "");
      else std::printf(" %12.2f %7.2f", f.peer_value, f.value / f.peer_value);
      if (f.target) std::printf(" %10.2f", *f.target);
      else std::printf(" %10s", "");
      if (!f.peer.empty()) std::printf("   peer: %s", f.peer.c_str());
      std::printf("\n");
    }
    for (const auto& n : notes_) std::printf("%s\n", n.c_str());
    std::printf("other processes took %.0f %% of the processors meanwhile\n", others_ * 100);
  }
  void print_json() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& f : figures_) {
      nlohmann::ordered_json j{{"name", f.name}, {"value", f.value}, {"unit", f.unit}};
      if (!f.peer.empty()) {
        j["peer"] = f.peer;
        j["peer_value"] = f.peer_value;
        j["ratio"] = f.value / f.peer_value;
      }
      if (f.target) j["target"] = *f.target;
      all.push_back(std::move(j));
    }
    const nlohmann::ordered_json whole{{"benchmark", name_}, {"rounds", rounds}, {"share_of_others", others_}, {"figures", std::move(all)}, {"notes", notes_}};
    std::printf("%s\n", whole.dump().c_str());
  }

  std::string name_;
  std::string folder_ = std::filesystem::temp_directory_path().string();
  bool json_ = false;
  std::vector<figure> figures_;
  std::vector<std::string> notes_;
  machine_load load_;
  double others_ = 0;
  CLI::App app_;
};

}  // namespace tomnext::bench
