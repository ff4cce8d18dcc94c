#include "actors/replay/import.hpp"

#include <nlohmann/json.hpp>

#include "actors/replay/group_builder.hpp"
#include "actors/replay/kernel.hpp"
#include "actors/replay/log_writer.hpp"
#include "actors/replay/quotes_ahead.hpp"
#include "actors/replay/result_log.hpp"
#include "persistence/checksum.hpp"

namespace tomnext::replay {
namespace {

/// Puts events from outside into groups: a log of market data has no hosts.
class recorder {
 public:
  explicit recorder(group_builder& to) : to_(to) {}
  template <class E> void add(const E& e, timestamp at, host_id from, std::uint64_t position) {
    header h;
    h.seq = h.correlation = ++seq_;
    h.position = position;
    h.at = now_ = std::max(now_, at);
    h.host = from;
    h.type = E::type_number;
    h.version = E::schema_version;
    to_.begin_reaction();
    to_.append(h, e);
  }

 private:
  group_builder& to_;
  std::uint64_t seq_ = 0;
  timestamp now_{};
};

result<void> copy(quotes_ahead& feed, recorder& to, const log_writer& writer, const progress& on_progress) {
  return for_each_batch(feed, on_progress, [&](std::span<const judged_quote> batch) -> result<bool> {
    for (const auto& q : batch) {
      const auto add = [&](const auto& payload) { to.add(payload, q.time(), market_ingress, q.position()); };
      if (const auto* told = q.bar()) add(told->bar);
      else if (q.accepted() != nullptr) add(*q.accepted());
      else add(*q.rejected());
    }
    return !writer.failed();  // its finish() says why
  });
}

}  // namespace

result<import_report> import_files(const import_settings& s) {
  auto feed = open_quotes_ahead({s.sources, s.instruments, s.quality});
  if (!feed) return feed.error();
  auto results = result_log::begin(s.log, s.encrypt);
  if (!results) return results.error();
  persistence::log_head head;
  {
    log_writer writer(results->log());
    group_builder builder(results->log().head().epoch, [&](persistence::group_ref g) { writer.write(std::move(g)); });
    recorder to(builder);
    to.add(log_declared{log_purpose::market_data, "tomnext 0.1"}, {}, configuration_ingress, 0);
    for (const auto& i : s.instruments) to.add(i, {}, configuration_ingress, 0);
    TOMNEXT_TRY(copy(**feed, to, writer, s.on_progress));
    builder.flush();
    auto written = writer.finish();
    if (!written) return written.error();
    head = *written;
  }
  TOMNEXT_TRY(results->finish());
  const auto& f = (*feed)->figures();
  import_report r;
  r.rows = f.accepted + f.rejected;
  r.accepted = f.accepted;
  r.rejected = f.rejected;
  r.flagged = f.flagged;
  r.crossed = f.crossed;
  r.locked = f.locked;
  r.spikes = f.spikes;
  r.rejects = (*feed)->rejects();
  r.head_hash = persistence::to_hex(head.chain_hash);
  return r;
}

std::string import_report::to_json() const {
  nlohmann::ordered_json j;
  j["rows"] = rows;
  j["accepted"] = accepted;
  j["rejected"] = rejected;
  j["flagged"] = flagged;
  j["crossed"] = crossed;
  j["locked"] = locked;
  j["spikes"] = spikes;
  j["rejects"] = rejects;
  j["head_hash"] = head_hash;
  // A path need not be UTF-8.
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tomnext::replay
