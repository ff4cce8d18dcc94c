#include "actors/replay/hosts.hpp"

#include "actors/analysis_engine/view.hpp"
#include "actors/data_pipeline/view.hpp"
#include "actors/feature_store/view.hpp"
#include "actors/ml_integration/view.hpp"
#include "actors/monitoring_alerting/view.hpp"
#include "actors/portfolio_management/view.hpp"
#include "actors/risk_management/view.hpp"
#include "actors/strategy_execution/view.hpp"
#include "actors/trading_gateway/view.hpp"

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
    if constexpr (requires { typename S::durable_inputs; }) mark_inputs(c.definition.durable_inputs, typename S::durable_inputs{});
    c.service = std::make_shared<actors::typed_service<S>>(std::move(service));
    c.view = [](const actors::hosted_service& s, const std::string& question, const std::string& argument) {
      return actors::view(static_cast<const actors::typed_service<S>&>(s).service(), question, argument);
    };
    hosts.push_back(std::move(c));
  }));
  return hosts;
}

}  // namespace tomnext::replay
