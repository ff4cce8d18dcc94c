// The analysis of one instrument: its regime at the close of each bar.
#pragma once
#include "domain/analysis_engine/regime.hpp"
#include "domain/base/outbox.hpp"
#include "domain/base/service.hpp"

namespace tomnext::analysis_engine {

struct analysis_configuration {
  instrument_id instrument;
  bar_spec bars;
  regime_thresholds thresholds{};
};

/// One host per instrument. Every bar of its specification, empty ones included, is assessed once ADX and the slow ATR are ready.
class analysis_host {
 public:
  static constexpr const char* service = "analysis_engine";
  static constexpr std::uint32_t version = 1;
  static constexpr std::uint32_t state_version = 1;
  using inputs = type_list<bar_closed>;
  using outputs = type_list<regime_assessed>;

  analysis_host(host_id, analysis_configuration configuration) : configuration_(configuration), meter_(configuration.thresholds) {}

  void apply(const header&, const bar_closed& e) {
    if (e.spec() == configuration_.bars) meter_.update(e.high.to_double(), e.low.to_double(), e.close.to_double());
  }
  void apply(const header&, const regime_assessed& e) { newest_ = {e.regime, e.confidence, e.adx, e.volatility_ratio}; }

  void decide(const header&, const bar_closed& e, outbox& out) const {
    if (e.spec() != configuration_.bars || !meter_.ready()) return;
    const auto a = meter_.assess();
    out.emit(regime_assessed{e.instrument, e.step_s, e.from, a.regime, a.confidence, a.adx, a.volatility_ratio});
  }

  /// The newest assessment; `regime_kind::unknown` while warming up.
  [[nodiscard]] const assessment& newest() const { return newest_; }
  [[nodiscard]] double ema() const { return meter_.level(); }
  [[nodiscard]] double atr() const { return meter_.atr(); }

  template <class Archive> void archive(Archive& a) { a(meter_, newest_.regime, newest_.confidence, newest_.adx, newest_.volatility_ratio); }

 private:
  analysis_configuration configuration_;
  regime_meter meter_;
  assessment newest_;
};

}  // namespace tomnext::analysis_engine
