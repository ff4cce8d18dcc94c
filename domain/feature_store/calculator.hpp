// One feature of one instrument, kept up to date bar by bar in constant time.
#pragma once
#include <variant>

#include "domain/feature_store/definition.hpp"
#include "domain/indicators/atr.hpp"
#include "domain/indicators/ema.hpp"
#include "domain/indicators/returns.hpp"
#include "domain/indicators/volatility.hpp"

namespace tomnext::feature_store {

/// What is known at a bar's close besides the bars.
struct moment {
  timestamp known_at;
  double spread{};  ///< in price units; NaN before the first unflagged quote
  calendar::session session{};
};

/// The NaN of a feature that is warming up: always the same bits.
double not_known_yet();

/// Online and batch computation both run this class, so that their results are equal to the last bit.
class calculator {
 public:
  /// The definition must be valid.
  calculator(const feature_definition& definition, ema_seed seed);

  void update(const bar_closed& bar);
  [[nodiscard]] double value(const moment& m) const;

  template <class Archive> void archive(Archive& a) {
    std::visit(
        [&]<class I>(I& indicator) {
          if constexpr (!std::is_same_v<I, std::monostate>) a(indicator);
        },
        indicator_);
  }

 private:
  feature_kind kind_;
  std::variant<std::monostate, indicators::ema, indicators::atr, indicators::log_return, indicators::volatility> indicator_;
};

/// All features at one instant.
bounded_list<double, features_max> values_of(std::span<const calculator> calculators, const moment& m);

}  // namespace tomnext::feature_store
