#include "tests/node_sim/simulated_log.hpp"

#include <algorithm>

namespace tomnext::tests {

using persistence::log_head;

namespace {

const error disk_error{errc::log_io, "the simulated disk fails"};

}  // namespace

result<log_head> simulated_log::append(std::span<const group_ref> groups) {
  auto head = rows_.append(groups);
  if (head && on_durable)
    for (const auto& g : groups) on_durable(*g);
  return head;
}

log_head simulated_log::head() const {
  auto h = rows_.head();
  h.epoch = std::max(h.epoch, epoch_);
  return h;
}

void simulated_log::commit(std::vector<group_ref> groups, answer_function committed) {
  if (!closed_) waiting_.emplace_back(std::move(groups), std::move(committed));
}

void simulated_log::answer_one() {
  auto [groups, committed] = std::move(waiting_.front());
  waiting_.pop_front();
  if (broken_) return committed(disk_error);
  if (full_) return committed(error(errc::log_full, "the simulated disk is full"));
  if (std::exchange(fails_next_, false)) {
    broken_ = true;
    if (written_all_the_same_) (void)append(groups);
    return committed(disk_error);
  }
  committed(append(groups));
}

void simulated_log::crash(std::size_t kept) {
  closed_ = true;
  for (; kept > 0 && !waiting_.empty() && !broken_ && !full_; --kept) {
    if (!append(waiting_.front().first)) break;
    waiting_.pop_front();
  }
  waiting_.clear();
}

result<std::unique_ptr<persistence::log_scan>> simulated_log::scan(std::uint64_t from_seq, persistence::direction where_to) const {
  if (std::exchange(read_fails_, false)) return disk_error;
  return rows_.scan(from_seq, where_to);
}

}  // namespace tomnext::tests
