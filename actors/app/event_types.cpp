#include "actors/app/event_types.hpp"

#include "domain/events/event.hpp"

namespace tomnext::app {

result<std::uint16_t> event_type(const std::string& name) {
  if (const auto number = event_number(name); number != 0) return number;
  std::string near, all;
  const auto stem = name.substr(0, name.find('_'));
  for_each_event_type([&]<class E>() {
    const std::string known = E::type_name;
    all += (all.empty() ? "" : ", ") + known;
    if (!stem.empty() && known.find(stem) != std::string::npos) near += (near.empty() ? "" : ", ") + known;
  });
  return error(errc::invalid_argument, "no event type '" + name + "'; " + (near.empty() ? "there are: " + all : "do you mean: " + near));
}

}  // namespace tomnext::app
