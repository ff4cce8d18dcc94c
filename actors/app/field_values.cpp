#include "actors/app/field_values.hpp"

#include <set>

#include "persistence/json.hpp"

namespace tomnext::app {
namespace {

struct name_collector {
  std::set<std::string>& names;
  template <std::uint32_t N, class T> void operator()(field_number<N>, const char* name, const T&) { names.insert(name); }
};

std::set<std::string> all_field_names() {
  std::set<std::string> names;
  for_each_event_type([&]<class E>() {
    name_collector c{names};
    const E none{};
    E::describe(c, none);
  });
  return names;
}

}  // namespace

result<field_value> field_value::parse(const std::string& text) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) return error(errc::invalid_argument, "--field: '" + text + "' is not NAME=VALUE");
  field_value f;
  f.name_ = text.substr(0, at);
  f.value_ = text.substr(at + 1);
  f.quoted_ = persistence::json_quoted(f.value_);
  const auto names = all_field_names();
  if (names.contains(f.name_)) return f;
  std::string near, all;
  for (const auto& n : names) {
    all += (all.empty() ? "" : ", ") + n;
    if (n.find(f.name_) != std::string::npos || f.name_.find(n) != std::string::npos) near += (near.empty() ? "" : ", ") + n;
  }
  return error(errc::invalid_argument, "--field: no event has a field '" + f.name_ + "'; " + (near.empty() ? "there are: " + all : "do you mean: " + near));
}

bool field_value::held_by(const event& e) const {
  const auto f = persistence::field_text(e, name_);
  return f && (f->line == value_ || f->json == value_ || f->json == quoted_);
}

}  // namespace tomnext::app
