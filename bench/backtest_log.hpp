// The log of a back-test over the bench's quotes.
#pragma once
#include "actors/replay/composition.hpp"
#include "actors/replay/group_builder.hpp"
#include "actors/replay/kernel.hpp"
#include "bench/market.hpp"

namespace tomnext::bench {

/// Every event of a back-test over the same quotes.
inline void append_backtest(persistence::event_log& log, const market& m) {
  replay::group_builder builder(log.head().epoch, [&](persistence::group_ref g) { must(log.append({&g, 1})); });
  replay::kernel<replay::group_builder> k(builder);
  must(replay::compose(m.d, {}, [&]<class S>(const replay::host_description& h, S service) { k.add(h, std::move(service)); }));
  k.activate(0);
  replay::preamble(m.d, {}, [&](const auto& e) { k.input(e, m.d.begins, replay::configuration_ingress, 0); });
  for (const auto& q : m.quotes) k.quote(q);
  k.end_of_data();
  builder.flush();
  if (k.failure()) stop(*k.failure());
}

}  // namespace tomnext::bench
