// Which events of a log a command is about: the options that cat, grep and tail share, and what they mean in a log.
#pragma once
#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "persistence/filtered_scan.hpp"

namespace tomnext::app {

struct selection {
  persistence::seq_range range;
  persistence::event_filter wanted;
};

class selection_options {
 public:
  /// DIR, --type, --host, --instrument, --correlation. The options live as long as the parsed line.
  void add_filters(CLI::App& app);
  /// --from, --to, --from-time, --until-time.
  void add_range(CLI::App& app);
  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// Names of hosts and symbols of instruments are looked up in the log, from its beginning. errc::invalid_argument says what is wrong and what there is.
  [[nodiscard]] result<selection> in(const persistence::event_log& log, const persistence::scan_progress& go_on) const;

 private:
  [[nodiscard]] result<void> set_times(persistence::event_filter& wanted) const;

  std::string directory_;
  std::optional<std::string> host_, instrument_, from_time_, until_time_;  ///< an empty text was given, and is none
  std::vector<std::string> types_;
  std::uint64_t from_ = 0, to_ = UINT64_MAX, correlation_ = 0;
};

}  // namespace tomnext::app
