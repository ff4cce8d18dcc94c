// Files and folders of the command line that something is written to.
#pragma once
#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::app {

/// A check for options: an empty one is a shell variable that was not set, and would otherwise mean that nothing is kept.
inline CLI::Validator path_name() {
  return {[](std::string& text) { return text.empty() ? std::string("is empty: name a file or a folder") : std::string(); }, ""};
}

/// An option and the path it was given; empty: it was not.
struct output_path {
  const char* option;
  const std::string& path;
};
/// No two outputs of one command are the same file, and none lies in a log.
inline result<void> check_outputs(const std::vector<output_path>& outputs, const std::string& log) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto plain = [&](const std::string& p) { return fs::weakly_canonical(fs::absolute(p, ignored), ignored); };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].path.empty()) continue;
    const auto here = plain(outputs[i].path);
    for (std::size_t k = 0; k < i; ++k)
      if (!outputs[k].path.empty() && plain(outputs[k].path) == here)
        return error(errc::invalid_argument, std::string(outputs[i].option) + " and " + outputs[k].option + " name the same place: " + outputs[i].path);
    if (log.empty()) continue;
    for (auto p = here; p.has_relative_path(); p = p.parent_path())
      if (p == plain(log)) return error(errc::invalid_argument, std::string(outputs[i].option) + " " + outputs[i].path + " lies in the log " + log);
  }
  return {};
}

}  // namespace tomnext::app
