// What a strategy is: one file with one class. It sees closed bars and says which way it wants to be.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/base/archive.hpp"
#include "domain/base/decimal.hpp"
#include "domain/events/market.hpp"

namespace tomnext::strategy_execution {

/// How an opinion is to be entered. The default is a market order that turns an opposite position round.
struct entry_terms {
  order_kind kind{};    ///< market; or limit or stop, which wait for their price until the strategy's next opinion
  price at;             ///< limit: no worse than this; stop: from this price on
  price stop_loss;      ///< a stop that protects what was entered; 0: none
  price take_profit;    ///< a limit at which it is taken; the first of the two ends the other; 0: none
  bool only_if_flat{};  ///< no entry where a position is held, either way
  template <class Archive> void archive(Archive& a) { a(kind, at, stop_loss, take_profit, only_if_flat); }
};

/// What a strategy wants after a bar: to be long or short, how sure it is, and the two figures that made it say so.
struct opinion {
  side direction{};  ///< none: nothing is entered
  double score{};    ///< −1 … +1, its sign agreeing with the direction
  double fast{};
  double slow{};
  entry_terms entry{};
  side leave{};  ///< buy: a long position is closed, whatever is entered; sell: a short one
};

/// The parameters of one strategy as written in its file, read by type; what is left over or out of range is an error that names what is allowed.
class parameters {
 public:
  explicit parameters(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  /// An integer within [minimum, maximum].
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t minimum, std::int64_t maximum);
  /// A decimal number within [minimum, maximum], exact to twelve decimals. The bounds are whole numbers.
  rate decimal(const std::string& key, rate fallback, std::int64_t minimum, std::int64_t maximum);
  /// One of the allowed words; the index of the word.
  std::size_t choice(const std::string& key, std::size_t fallback, const std::vector<std::string>& allowed);
  /// The first thing that was wrong, also a key that nobody asked for.
  [[nodiscard]] result<void> finish();

 private:
  void refuse(const std::string& key, const std::string& why);
  std::map<std::string, std::string> values_;
  std::vector<std::string> known_;
  std::optional<error> error_;
};

/// The decision part of a strategy. update() is its only mutation; the host calls it once per bar of its specification, before decide().
class strategy {
 public:
  virtual ~strategy() = default;
  virtual void update(const bar_closed& bar) = 0;
  /// True once enough bars have been seen to trade on.
  [[nodiscard]] virtual bool ready() const = 0;
  /// What it wants after `bar`; nothing where it has no opinion.
  [[nodiscard]] virtual std::optional<opinion> decide(const bar_closed& bar) const = 0;
  virtual void save(state_writer& a) const = 0;
  virtual void load(state_reader& a) = 0;
  virtual void hash(state_hasher& a) const = 0;
};

/// A strategy by name. `make` reads its parameters; errors name the key and what is allowed.
struct strategy_kind {
  std::string name;
  std::string description;
  std::function<result<std::unique_ptr<strategy>>(parameters)> make;
};

/// All strategies compiled in, by name. A strategy's file registers itself with a static `registration`.
const std::map<std::string, strategy_kind>& strategy_kinds();
struct registration {
  explicit registration(strategy_kind kind);
};

/// Creates a strategy, or says which kinds there are.
result<std::unique_ptr<strategy>> make_strategy(const std::string& kind, std::map<std::string, std::string> values);

}  // namespace tomnext::strategy_execution
