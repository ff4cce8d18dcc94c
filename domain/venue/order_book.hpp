// The working orders of one instrument in their order, and all that holds whatever the market's profile is.
#pragma once
#include <map>
#include <utility>
#include <vector>

#include "domain/venue/models.hpp"
#include "domain/venue/venue_order.hpp"

namespace tomnext::venue {

/// What the book needs to know of its market and its account.
struct book_rules {
  position_mode positions{};
  price step{1};           ///< the price step, for slippage
  quantity quantity_step;  ///< partial fills are multiples of it; 0: any
  market_models models;
};

/// As many orders work at once, at most; more are refused.
inline constexpr std::size_t working_orders_max = 4'096;

/// Accepts, amends, cancels and expires orders; keeps brackets, one-cancels-other pairs and reduce-only orders true to their word when a profile fills one.
/// Positions are the sums of its own fills: one in a netting account, one per opening order in a hedging one.
///
/// A child of a bracket reduces what its parent opened. It works for what the parent has filled; ends with the parent where that fills nothing, and when
/// nothing of the position is left. Two children share what was filled: what one has closed the other cannot, and
/// the first fill of a child ends what is left of its parent.
/// Who calls takes the answers, in their order, after each call.
class order_book {
 public:
  order_book() = default;
  explicit order_book(const book_rules& rules) : rules_(rules) {}

  /// Accepted or rejected. A trailing stop without a trigger begins `trail` behind `market`, which is 0 where there is no price yet.
  void submit(const order_request& r, timestamp at, price market);
  void reject(const order_request& r, std::string_view why);
  void cancel(order_id order, std::string_view why);
  void amend(const amendment& a, timestamp at);
  /// Orders that were good till then.
  void expire(timestamp now);
  /// Orders for the day.
  void end_day();
  /// All, whatever their validity.
  void expire_all(std::string_view why);

  /// Calls visit(venue_order&) for each order that works at `now`, in the order in which they came, where `wanted` says so. Orders may end meanwhile,
  /// and are met no more; orders that begin to work are met if they come later in the order.
  template <class Wanted, class Visit> void each(timestamp now, Wanted wanted, Visit visit) {
    for (auto next = orders_.begin(); next != orders_.end();) {
      const auto place = next->first;
      auto& o = next->second;
      if (o.works_from <= now && o.open().value > 0 && wanted(std::as_const(o))) visit(o);
      next = orders_.upper_bound(place);
    }
  }
  /// The children of a bracket, sleeping ones too.
  template <class Visit> void each_child(order_id parent, Visit visit) const {
    for (const auto& [place, o] : orders_)
      if (o.terms.parent == parent) visit(o);
  }
  void trigger(venue_order& o);
  /// Moves a trailing stop after a price that is better for the position it protects; it never moves back.
  static void follow(venue_order& o, price seen);
  /// Fills `size` of it, no more than is open. Where it opens a position the price is worse by `spread` of itself; where it reduces one it is not.
  /// True while the order still works.
  bool fill(order_id order, quantity size, price at_price, rate spread = {});
  /// What one fill of the order may take: less than what is open where it reduces, and where the models cut it. 0: it has been cancelled.
  quantity fillable(venue_order& o);
  /// Price steps that the next fill at the market is worse, by the models.
  [[nodiscard]] std::int64_t slippage(const venue_order& o) const;

  [[nodiscard]] const venue_order* find(order_id order) const;
  [[nodiscard]] std::size_t size() const { return orders_.size(); }
  /// Signed.
  [[nodiscard]] quantity held(position_id position) const;
  [[nodiscard]] const book_rules& rules() const { return rules_; }
  [[nodiscard]] const std::vector<answer>& answers() const { return answers_; }
  std::vector<answer> take_answers() { return std::exchange(answers_, {}); }

  void use(const book_rules& rules) { rules_ = rules; }
  template <class Archive> void archive(Archive& a) { a(orders_, places_, next_place_, held_); }

 private:
  using place = std::uint64_t;
  [[nodiscard]] std::string_view fault_of(const order_request& r, timestamp at) const;
  [[nodiscard]] position_id position_of(const order_request& r) const;
  [[nodiscard]] std::int64_t reducible(const venue_order& o) const;
  venue_order* at(order_id order);
  void say(answer_kind kind, const venue_order& o, std::string_view why);
  void end(order_id order, answer_kind kind, std::string_view why);
  void after_end(const venue_order& ended);
  void after_fill(const venue_order& filled, quantity size, position_id position);
  void drop_idle_reducers(position_id position);

  book_rules rules_;
  std::map<place, venue_order> orders_;
  std::map<order_id, place> places_;
  place next_place_ = 1;
  std::map<position_id, quantity> held_;
  std::vector<answer> answers_;  // since they were last taken: nothing to archive
};

}  // namespace tomnext::venue
