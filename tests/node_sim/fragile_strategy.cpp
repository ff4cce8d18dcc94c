#include "tests/node_sim/fragile_strategy.hpp"

#include <stdexcept>

#include "domain/strategy_execution/strategy.hpp"

namespace tomnext::tests {
namespace {

namespace se = strategy_execution;

/// Says every third bar which way the last one went.
class fragile final : public se::strategy {
 public:
  void update(const bar_closed&) override { ++bars_; }
  bool ready() const override { return bars_ > 2; }
  std::optional<se::opinion> decide(const bar_closed& bar) const override {
    auto& poison = poison_of_fragile;
    if (poison.deaths_left > 0 && !poison.opened_at) poison.opened_at = bar.opened_at;
    if (poison.deaths_left > 0 && poison.opened_at == bar.opened_at) {
      --poison.deaths_left;
      throw std::runtime_error("this bar breaks it");
    }
    if (bars_ % 3 != 0) return std::nullopt;
    const bool up = bar.close >= bar.open;
    return se::opinion{up ? side::buy : side::sell, up ? 1.0 : -1.0, 0, 0};
  }
  void save(state_writer& a) const override { a(bars_); }
  void load(state_reader& a) override { a(bars_); }
  void hash(state_hasher& a) const override { a(bars_); }

 private:
  std::uint64_t bars_ = 0;
};

const se::registration registered{{"fragile", "throws when a test says so", [](se::parameters p) -> result<std::unique_ptr<se::strategy>> {
                                     TOMNEXT_TRY(p.finish());
                                     return std::unique_ptr<se::strategy>(std::make_unique<fragile>());
                                   }}};

}  // namespace
}  // namespace tomnext::tests
