// Logs that lie: the check of I1 and I2 must notice each.
#include "persistence/memory_log.hpp"
#include "tests/crash/workload.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::tests;
using namespace tomnext::persistence;

namespace {

enum class lie : std::uint8_t { none, acknowledges_early, drops_a_group, doubles_a_group, changes_an_event, invents_an_event, swaps_groups };

/// Reads the groups of a log as a liar would.
class lying_scan final : public log_scan {
 public:
  lying_scan(std::unique_ptr<log_scan> from, lie l) {
    for (;;) {
      auto g = must(from->next());
      if (!g) break;
      groups_.push_back(g);
    }
    if (l == lie::drops_a_group) groups_.erase(groups_.begin() + 4);
    if (l == lie::doubles_a_group) groups_.insert(groups_.begin() + 4, groups_[4]);
    if (l == lie::swaps_groups) std::swap(groups_[4], groups_[5]);
    if (l == lie::changes_an_event) {
      auto other = std::make_shared<group>(*groups_[4]);
      auto q = quote_at(other->first_seq() + 1).as<quote_accepted>();
      other->events.front() = event(other->events.front().head, q);
      groups_[4] = other;
    }
  }
  result<group_ref> next() override { return at_ < groups_.size() ? groups_[at_++] : group_ref{}; }

 private:
  std::vector<group_ref> groups_;
  std::size_t at_ = 0;
};

class lying_log final : public event_log {
 public:
  explicit lying_log(lie l) : lie_(l) {}
  result<log_head> append(std::span<const group_ref> groups) override {
    if (lie_ != lie::acknowledges_early || true_.head().seq < 7) return true_.append(groups);
    auto h = true_.head();
    h.seq = groups.back()->last_seq();  // said to be there, and is not
    return h;
  }
  [[nodiscard]] log_head head() const override { return true_.head(); }
  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq, direction where_to) const override {
    auto s = true_.scan(from_seq, where_to);
    if (!s) return s.error();
    return std::unique_ptr<log_scan>(std::make_unique<lying_scan>(std::move(*s), lie_));
  }
  [[nodiscard]] result<bool> holds(const log_head& h) const override { return true_.holds(h); }
  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) override {
    return true_.subscribe_from(from_seq, std::move(deliver));
  }

 private:
  lie lie_;
  memory_log true_;
};

std::string noticed(lie l) {
  lying_log log(l);
  promise told;
  for (std::uint64_t seq = 1; seq <= 8; ++seq) {
    const group_ref g = group_of(seq, 1, 1);
    told.offered = l == lie::invents_an_event ? 7 : seq;
    told.acknowledged = std::min(must(log.append({&g, 1})).seq, told.offered);
  }
  return broken_promise(log, told);
}

}  // namespace

TEST_CASE("the check of a log notices each kind of lie, and none where there is none") {
  CHECK(noticed(lie::none) == "");
  CHECK(noticed(lie::acknowledges_early) == "acknowledged up to event 8, and the log ends at 7");
  CHECK(noticed(lie::invents_an_event) == "the log ends at event 8, and only 7 were offered");
  CHECK(noticed(lie::drops_a_group) == "event 5 is another");
  CHECK(noticed(lie::doubles_a_group) == "event 6 is another");
  CHECK(noticed(lie::changes_an_event) == "event 5 is another");
  CHECK(noticed(lie::swaps_groups) == "event 5 is another");
}
