#include "persistence/memory_log.hpp"

#include <algorithm>

#include "persistence/group_codec.hpp"

namespace tomnext::persistence {

/// Rows [first, last), in either direction.
class memory_scan final : public log_scan {
 public:
  memory_scan(const memory_log& log, std::size_t first, std::size_t last, direction where_to) : log_(log), first_(first), last_(last), where_to_(where_to) {}
  result<group_ref> next() override {
    if (first_ >= last_) return group_ref{};
    const auto at = where_to_ == direction::forward ? first_ : last_ - 1;
    std::string bytes;
    hash256 previous;
    {
      std::scoped_lock lock(log_.mutex_);
      bytes = log_.rows_[at].bytes;
      if (at > 0) previous = log_.rows_[at - 1].chained;
    }
    auto g = decode_group(bytes);
    if (!g) return g.error();
    if (g->previous != previous) return error(errc::log_corrupt, "the hash chain is broken before event " + std::to_string(g->events->first_seq()));
    if (where_to_ == direction::forward) ++first_;
    else --last_;
    return std::move(g->events);
  }

 private:
  const memory_log& log_;
  std::size_t first_, last_;
  direction where_to_;
};

result<log_head> memory_log::append(std::span<const group_ref> groups) {
  std::scoped_lock lock(mutex_);
  // All are looked at before any is taken: a refused append leaves nothing behind.
  auto next = head_.seq + 1;
  auto epoch = head_.epoch;
  for (const auto& g : groups) {
    TOMNEXT_TRY(check_group(*g, next));
    if (g->epoch < epoch)
      return error(errc::stale_incarnation, "the group is of epoch " + std::to_string(g->epoch) + ", the log of epoch " + std::to_string(epoch));
    next = g->last_seq() + 1;
    epoch = g->epoch;
  }
  for (const auto& g : groups) {
    encode_group(*g, head_.chain_hash, buffer_);
    head_ = {g->last_seq(), g->epoch, chain(head_.chain_hash, buffer_)};
    if (keep_ == retention::all) rows_.push_back({g->first_seq(), g->last_seq(), buffer_, head_.chain_hash});
    subscribers_.deliver(g);
  }
  return head_;
}

log_head memory_log::head() const {
  std::scoped_lock lock(mutex_);
  return head_;
}

result<std::unique_ptr<log_scan>> memory_log::scan(std::uint64_t from_seq, direction where_to) const {
  std::scoped_lock lock(mutex_);
  if (keep_ != retention::all) return error(errc::invalid_argument, "this log keeps its head only");
  const auto after = std::upper_bound(rows_.begin(), rows_.end(), from_seq, [](std::uint64_t seq, const row& r) { return seq < r.first_seq; });
  const auto behind = static_cast<std::size_t>(after - rows_.begin());
  if (where_to == direction::backward) return std::unique_ptr<log_scan>(std::make_unique<memory_scan>(*this, 0, behind, where_to));
  const auto first = behind == 0 ? std::size_t{0} : behind - 1;
  return std::unique_ptr<log_scan>(std::make_unique<memory_scan>(*this, from_seq > head_.seq ? rows_.size() : first, rows_.size(), where_to));
}

result<bool> memory_log::holds(const log_head& h) const {
  std::scoped_lock lock(mutex_);
  if (h.seq == 0) return true;
  if (h.seq >= head_.seq) return h.seq == head_.seq && h.chain_hash == head_.chain_hash;
  if (keep_ != retention::all) return error(errc::invalid_argument, "this log keeps its head only");
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), h.seq, [](const row& r, std::uint64_t seq) { return r.last_seq < seq; });
  return at->last_seq == h.seq && at->chained == h.chain_hash;
}

result<std::unique_ptr<subscription>> memory_log::subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) {
  std::scoped_lock lock(mutex_);
  if (from_seq <= head_.seq) {
    auto stored = scan(from_seq);
    if (!stored) return stored.error();
    for (;;) {
      auto g = (*stored)->next();
      if (!g) return g.error();
      if (!*g) break;
      deliver(*g);
    }
  }
  return subscribers_.add(std::move(deliver));
}

}  // namespace tomnext::persistence
