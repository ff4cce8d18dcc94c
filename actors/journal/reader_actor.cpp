#include "actors/journal/reader_actor.hpp"

namespace tomnext::actors {

reader_protocol::behavior_type reader_state::behavior() {
  return {
      [this](read_atom, std::uint64_t from, std::uint64_t groups_max) -> answer<groups_ref> {
        auto groups = read(from, groups_max);
        if (!groups) return to_caf(groups.error());
        return *groups;
      },
      [this](snapshot_atom, std::uint32_t host) -> answer<snapshot_ref> {
        auto found = newest_snapshot(host);
        if (!found) return to_caf(found.error());
        return *found;
      },
  };
}

result<groups_ref> reader_state::read(std::uint64_t from, std::uint64_t groups_max) {
  auto groups = std::make_shared<std::vector<group_ref>>();
  auto scan = log_->scan(from);
  if (!scan) return scan.error();
  while (groups->size() < groups_max) {
    auto g = (*scan)->next();
    if (!g) return g.error();
    if (!*g) break;
    groups->push_back(std::move(*g));
  }
  return groups_ref(std::move(groups));
}

result<snapshot_ref> reader_state::newest_snapshot(std::uint32_t host) const {
  const auto key = keys_.find(host);
  if (!snapshots_ || key == keys_.end()) return snapshot_ref{};
  auto found = snapshots_->newest(key->second, *log_);
  if (!found) return found.error();
  if (!*found) return snapshot_ref{};
  return snapshot_ref(std::make_shared<const persistence::snapshot>(std::move(**found)));
}

}  // namespace tomnext::actors
