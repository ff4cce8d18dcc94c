// CONFIG.yaml and --set, the same for every command that reads a configuration.
#pragma once
#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "config/loader.hpp"

namespace tomnext::app {

struct config_options {
  std::string file;
  std::vector<std::string> settings;  ///< "path=value"

  /// Declares CONFIG and --set. The options live as long as the parsed line.
  void add(CLI::App& app, bool required) {
    auto* f = app.add_option("CONFIG", file, "configuration file (YAML; see config/README.md)")->type_name("");
    if (required) f->required();
    app.add_option("--set", settings, "replaces one value, such as strategies.0.fast=12 or, by its name, strategies.cross.fast=12; may be given several times")
        ->type_name("path=value")
        ->allow_extra_args(false);
  }
  [[nodiscard]] result<std::vector<config::override_setting>> overrides() const {
    std::vector<config::override_setting> all;
    for (const auto& text : settings) {
      auto o = config::parse_override(text);
      if (!o) return o.error();
      all.push_back(*o);
    }
    return all;
  }
  [[nodiscard]] result<config::deployment> load() const {
    auto all = overrides();
    if (!all) return all.error();
    return config::load(file, *all);
  }
};

}  // namespace tomnext::app
