#include <algorithm>
#include <array>
#include <map>

#include "actors/api/actor_table.hpp"
#include "actors/api/short_numbers.hpp"
#include "actors/api/utf8.hpp"

namespace tomnext::api {
namespace {

using actors::actor_figures;

constexpr std::size_t width_max = 160;
constexpr std::size_t name_columns_max = 48;
constexpr std::size_t depth_shown_max = 8;  // deeper branches are no longer indented
constexpr std::size_t gap = 2;

/// An actor in the order of printing, with the drawing in front of its name.
struct branch {
  const actor_figures* actor{};
  std::string drawing;
  bool orphan = false;
};

/// Parents before children, children by id. Hostile input may hold cycles and any depth: no recursion, and every actor comes exactly once.
class tree {
 public:
  explicit tree(const std::vector<actor_figures>& figures) {
    for (const auto& a : figures) ordered_.push_back(&a);
    std::stable_sort(ordered_.begin(), ordered_.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    for (const auto* a : ordered_) by_name_.try_emplace(a->name, a);
    for (const auto* a : ordered_) {
      const auto parent = by_name_.find(a->parent);
      if (parent != by_name_.end() && parent->second != a) children_[parent->second].push_back(a);
      else roots_.push_back(a);
    }
  }

  std::vector<branch> lines() {
    for (const auto* root : roots_) walk(root);
    for (const auto* a : ordered_)
      if (!placed_.contains(a)) walk(a);  // members of a cycle of parents have no root
    return std::move(lines_);
  }

 private:
  struct pending {
    const actor_figures* actor;
    std::string before;  // what goes in front of this line's own connector
    std::size_t depth;
    bool last;
  };

  void walk(const actor_figures* root) {
    std::vector<pending> stack{{root, "", 0, true}};
    while (!stack.empty()) {
      const pending p = std::move(stack.back());
      stack.pop_back();
      if (!placed_.emplace(p.actor, true).second) continue;
      lines_.push_back({p.actor, p.depth == 0 ? "" : p.before + (p.last ? "└─ " : "├─ "), p.depth == 0 && !p.actor->parent.empty()});
      const auto found = children_.find(p.actor);
      if (found == children_.end()) continue;
      const bool indented = p.depth > 0 && p.depth < depth_shown_max;
      const auto before = !indented ? p.before : p.before + (p.last ? "   " : "│  ");
      for (auto child = found->second.rbegin(); child != found->second.rend(); ++child)
        stack.push_back({*child, before, p.depth + 1, child == found->second.rbegin()});
    }
  }

  std::vector<const actor_figures*> ordered_;
  std::vector<const actor_figures*> roots_;
  std::map<std::string_view, const actor_figures*> by_name_;
  std::map<const actor_figures*, std::vector<const actor_figures*>> children_;
  std::map<const actor_figures*, bool> placed_;
  std::vector<branch> lines_;
};

enum class health { well, unsettled, failed };

health health_of(const actor_figures& a) {
  if (a.state == "failed") return health::failed;
  return a.state != "running" || a.restarts > 0 ? health::unsettled : health::well;
}

std::string_view mark_of(health h) { return h == health::failed ? "✗" : h == health::unsettled ? "!" : " "; }

/// "7 actors: 1 failed, 2 restarted" – or that all is well.
std::string summary_of(const std::vector<actor_figures>& figures) {
  std::map<std::string, std::size_t> states;
  std::size_t restarted = 0;
  for (const auto& a : figures) {
    if (a.state != "running") ++states[printable(a.state)];
    if (a.restarts > 0) ++restarted;
  }
  std::string said;
  const auto say = [&](std::size_t n, const std::string& what) { said += (said.empty() ? "" : ", ") + std::to_string(n) + " " + what; };
  if (const auto failed = states.extract("failed")) say(failed.mapped(), "failed");
  for (const auto& [state, n] : states) say(n, state);
  if (restarted > 0) say(restarted, "restarted");
  if (said.empty()) said = "all running, none restarted";
  return cut_to(std::to_string(figures.size()) + (figures.size() == 1 ? " actor: " : " actors: ") + said, width_max);
}

constexpr std::size_t columns = 11;
using row = std::array<std::string, columns>;
constexpr std::array<bool, columns> flush_right{false, false, false, true, true, true, true, true, true, true, false};

row row_of(const branch& b) {
  const auto& a = *b.actor;
  auto last = printable(a.last_error);
  if (b.orphan) last = "(under " + printable(a.parent) + ", which is not listed)" + (last.empty() ? "" : " ") + last;
  const auto judged = b.orphan ? std::max(health_of(a), health::unsettled) : health_of(a);
  return {std::string(mark_of(judged)) + " " + cut_to(b.drawing + printable(a.name), name_columns_max),
          cut_to(printable(a.kind), 11),
          cut_to(printable(a.state), 10),
          count(a.queue_depth),
          count(a.queue_depth_max),
          count(a.processed),
          microseconds(a.p50_us),
          microseconds(a.p99_us),
          count(a.restarts),
          count(a.errors),
          std::move(last)};
}

std::string line_of(const row& r, const std::array<std::size_t, columns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < columns; ++i) {
    const auto used = columns_of(r[i]);
    const std::string padding(widths[i] > used ? widths[i] - used : 0, ' ');
    line += flush_right[i] ? padding + r[i] : r[i] + padding;
    line += std::string(gap, ' ');
  }
  line = cut_to(line.substr(0, line.find_last_not_of(' ') + 1), width_max);
  return line + "\n";
}

}  // namespace

std::string actors_tree(const std::vector<actor_figures>& figures) {
  if (figures.empty()) return "0 actors\n";
  std::vector<row> rows{{"  actor", "kind", "state", "queue", "max", "processed", "p50 us", "p99 us", "restarts", "errors", "last error"}};
  for (const auto& b : tree(figures).lines()) rows.push_back(row_of(b));
  std::array<std::size_t, columns> widths{};
  for (const auto& r : rows)
    for (std::size_t i = 0; i + 1 < columns; ++i) widths[i] = std::max(widths[i], columns_of(r[i]));
  std::string out = summary_of(figures) + "\n";
  for (const auto& r : rows) out += line_of(r, widths);
  return out;
}

}  // namespace tomnext::api
