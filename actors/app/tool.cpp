#include "actors/app/tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

namespace tomnext::app {
namespace {

const char* const description =
    "tomnext: an event-sourced FX trading backend.\n"
    "Results go to stdout; progress and errors to stderr. Each command has --help with an example, and --json.";

/// The CLI11 application of a tree of commands, and the action of each leaf.
class command_tree {
 public:
  explicit command_tree(const std::vector<command>& commands) : top_(description, "tomnext") {
    top_.set_version_flag("--version", "tomnext " + version(), "print the version");
    top_.footer("Example: tomnext backtest tests/data/demo.yaml\n\n" + exit_code_help());
    top_.require_subcommand(1);
    top_.set_help_flag("-h,--help", "print this help");
    for (const auto& c : commands) add(top_, c);
  }

  CLI::App& top() { return top_; }
  /// The innermost command that the line named.
  CLI::App& innermost() {
    CLI::App* at = &top_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
  }
  action action_of(const CLI::App* app) {
    for (auto& l : leaves_)
      if (l.app == app) return l.run;
    return {};
  }
  [[nodiscard]] bool json() const { return json_; }

 private:
  struct leaf {
    CLI::App* app;
    action run;
  };

  void add(CLI::App& parent, const command& c) {
    auto* app = parent.add_subcommand(c.name, c.description);
    app->footer(fmt::format("Example: {}", c.example));
    app->add_flag("--json", json_, "results as JSON on stdout, errors too");
    if (c.add != nullptr) leaves_.push_back({app, c.add(*app)});
    else app->require_subcommand(1);
    for (const auto& part : c.parts) add(*app, part);
  }

  CLI::App top_;
  std::vector<leaf> leaves_;
  bool json_ = false;
};

std::string path_of(const CLI::App& app) { return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name(); }

std::string allowed_commands(const CLI::App& app) {
  std::string all;
  for (const auto* s : app.get_subcommands([](const CLI::App*) { return true; })) all += (all.empty() ? "" : ", ") + s->get_name();
  return all;
}

std::string allowed_options(const CLI::App& app) {
  std::string all;
  for (const auto* o : app.get_options()) all += (all.empty() ? "" : ", ") + (o->get_positional() ? o->get_name(true) : o->get_name());
  return all;
}

// Which command a line means, and the first word that is none, so that the message can say what there is instead.
std::string usage_message(command_tree& tree, const std::string& what) {
  auto& at = tree.innermost();
  auto parts = allowed_commands(at);
  if (!parts.empty()) return fmt::format("{}; commands of '{}': {} (try '{} --help')", what, path_of(at), parts, path_of(at));
  return fmt::format("{}; '{}' takes: {} (try '{} --help')", what, path_of(at), allowed_options(at), path_of(at));
}

// CLI11 says much the same in its own words; these name the word that was wrong.
std::string what_was_wrong(command_tree& tree, const CLI::ParseError& e) {
  if (const auto extra = tree.top().remaining(true); !extra.empty()) {
    const bool option = extra.front().rfind('-', 0) == 0;
    const bool chooses = tree.innermost().get_require_subcommand_min() > 0;
    return fmt::format("unknown {} '{}'", option ? "option" : chooses ? "command" : "argument", extra.front());
  }
  if (tree.innermost().get_require_subcommand_min() > 0) return "a command is missing";
  return e.what();
}

std::string error_json(const error& e, exit_code code) {
  nlohmann::ordered_json j;
  j["error"] = {{"code", static_cast<unsigned>(e.code)}, {"exit_code", static_cast<int>(code)}, {"message", e.message}};
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

int report(const error& e, exit_code code, bool json, std::ostream& out, std::ostream& err) {
  err << "tomnext: " << e.message << "\n";
  if (json) out << error_json(e, code) << "\n";
  return static_cast<int>(code);
}

}  // namespace

std::string version() { return TOMNEXT_VERSION; }

parsed_line parse(const std::vector<std::string>& arguments, const std::vector<command>& commands) {
  auto tree = std::make_shared<command_tree>(commands);
  parsed_line line;
  line.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    tree->top().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    auto run = tree->action_of(&tree->innermost());
    // The options' values live in the tree's closures; it stays as long as the action does.
    line.run = [tree, run](session& s) { return run(s); };
  } catch (const CLI::CallForHelp&) {
    auto& at = tree->innermost();
    line.text = at.help(at.get_parent() == nullptr ? "" : path_of(*at.get_parent()));
  } catch (const CLI::CallForVersion& e) { line.text = std::string(e.what()) + "\n"; } catch (const CLI::ParseError& e) {
    line.code = exit_code::usage;
    line.text = usage_message(*tree, what_was_wrong(*tree, e));
  }
  return line;
}

int run_tool(const std::vector<std::string>& arguments, const std::vector<command>& commands, std::ostream& out, std::ostream& err) {
  auto line = parse(arguments, commands);
  if (line.code != exit_code::ok) return report({errc::invalid_argument, line.text}, line.code, line.json, out, err);
  if (!line.run) {
    out << line.text;
  } else {
    session s{out, err, line.json};
    // Libraries throw; nothing of ours does. What comes this far is a bug or a machine without memory, and still gets a message.
    try {
      auto done = line.run(s);
      if (!done) return report(done.error(), exit_code_of(done.error().code), line.json, out, err);
      line.code = *done;
    } catch (const std::exception& e) {
      return report({errc::poisonous_input, std::string("unexpected: ") + e.what()}, exit_code::service_failed, line.json, out, err);
    }
  }
  out.flush();
  if (!out) return report({errc::log_io, "the results could not be written to stdout"}, exit_code::log, false, out, err);
  return static_cast<int>(line.code);
}

}  // namespace tomnext::app
