#include "actors/replay/hosts.hpp"

namespace tomnext::replay {
namespace {

template <class... E> void mark_inputs(std::array<bool, event_numbers>& inputs, type_list<E...>) { ((inputs[E::type_number] = true), ...); }

}  // namespace

result<std::vector<composed_host>> compose_hosts(const config::deployment& d, const composition_parts& parts) {
  std::vector<composed_host> hosts;
  TOMNEXT_TRY(compose(d, parts, [&]<class S>(const host_description& h, S service) {
    composed_host c;
    c.definition.id = h.id;
    c.definition.name = h.name;
    c.definition.service = h.service;
    c.definition.version = h.version;
    c.definition.state_version = h.state_version;
    c.definition.instrument = h.instrument;
    mark_inputs(c.definition.inputs, typename S::inputs{});
    c.service = std::make_shared<actors::typed_service<S>>(std::move(service));
    hosts.push_back(std::move(c));
  }));
  return hosts;
}

}  // namespace tomnext::replay
