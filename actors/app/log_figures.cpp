#include "actors/app/log_figures.hpp"

#include <algorithm>
#include <filesystem>

#include "persistence/base.hpp"
#include "persistence/disk_forecast.hpp"
#include "persistence/group_cipher.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/stored_rows.hpp"
#include "persistence/wire.hpp"

namespace tomnext::app {
namespace {

class counter {
 public:
  explicit counter(log_figures& to) : f_(to) {}

  void take(const persistence::group& g) {
    ++f_.groups;
    f_.events_of_group.take(g.events.size());
    persistence::encode_group(g, {}, row_);
    f_.bytes_of_group.take(row_.size());
    for (const auto& e : g.events) take(e);
  }

 private:
  void take(const event& e) {
    // Activations before the first input are stamped with no time at all.
    if (f_.first.ns == 0) f_.first = e.head.at;
    f_.last = e.head.at;
    auto& type = f_.types[e.head.type];
    ++type.events;
    type.payload_bytes += payload_bytes(e);
    auto& host = f_.hosts[e.head.host.value];
    ++host.events;
    if (const auto* a = e.get_if<host_activated>()) {
      host.name = a->name.view();
      ++host.activations;
    }
    if (const auto* d = e.get_if<log_declared>()) f_.declared = *d;
  }

  std::uint64_t payload_bytes(const event& e) {
    payload_.resize(std::max(payload_.size(), persistence::payload_bound(e)));
    return static_cast<std::uint64_t>(persistence::encode_payload(payload_.data(), e) - payload_.data());
  }

  log_figures& f_;
  std::string row_, payload_;
};

}  // namespace

void group_spread::take(std::uint64_t value) {
  min = std::min(min, value);
  max = std::max(max, value);
  total += value;
}

double log_figures::disk_bytes_per_event() const {
  const auto held = head.seq < base_seq ? 0 : head.seq - base_seq + 1;
  return held == 0 ? 0.0 : static_cast<double>(disk.table_bytes + disk.wal_bytes) / static_cast<double>(held);
}

namespace {

/// By the stored bytes: no key is needed for it.
result<void> count_keys(const std::string& directory, log_figures& f, const persistence::scan_progress& go_on) {
  auto encryption = persistence::read_encryption(directory);
  if (!encryption) return encryption.error();
  f.encryption = std::move(*encryption);
  if (!f.encryption) return {};
  auto rows = persistence::read_rows(directory, f.first_seq);
  if (!rows) return rows.error();
  for (;;) {
    auto row = (*rows)->next();
    if (!row) return row.error();
    if (!*row) return {};
    if (!go_on((*row)->first_seq)) return error(errc::cancelled, "cancelled at event " + std::to_string((*row)->first_seq));
    if (!persistence::is_encrypted((*row)->bytes)) continue;
    auto head = persistence::decode_encrypted_head((*row)->bytes);
    if (!head) return head.error();
    ++f.groups_by_key[head->key_id];
  }
}

}  // namespace

result<log_figures> measure_log(const std::string& directory, const persistence::event_log& log, const persistence::scan_progress& go_on) {
  log_figures f;
  f.head = log.head();
  f.first_seq = log.first_seq();
  auto base = persistence::read_base(directory);
  if (!base) return base.error();
  f.base_seq = base->first_seq;
  auto disk = persistence::disk_use(directory);
  if (!disk) return disk.error();
  f.disk = *disk;
  auto room = persistence::free_bytes_of(directory);
  if (!room) return room.error();
  f.disk_free_bytes = *room;
  auto snapshots = persistence::snapshot_store(directory).list();
  if (!snapshots) return snapshots.error();
  f.snapshots = std::move(*snapshots);
  TOMNEXT_TRY(count_keys(directory, f, go_on));
  auto scan = log.scan(f.first_seq);
  if (!scan) return scan.error();
  for (counter count(f);;) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) return f;
    if (!go_on((*g)->first_seq())) return error(errc::cancelled, "cancelled at event " + std::to_string((*g)->first_seq()));
    count.take(**g);
  }
}

}  // namespace tomnext::app
