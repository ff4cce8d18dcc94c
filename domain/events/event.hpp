// The closed set of events: one trivially copyable tagged union.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>
#include <type_traits>

#include "domain/events/books.hpp"
#include "domain/events/market.hpp"
#include "domain/events/research.hpp"
#include "domain/events/runtime.hpp"
#include "domain/events/trading.hpp"

namespace tomnext {

using all_events =
    type_list<log_declared, configuration_set, host_activated, host_recovered, host_progressed, input_parked, timer_armed, timer_fired, operator_commanded,
              actor_restarted, queue_depth_crossed, model_file_added, job_defined, job_run_started, job_run_ended, job_runs_skipped, job_paused, job_resumed,
              instrument_defined, calendar_defined, quote_accepted, quote_rejected, bar_closed, trading_day_rolled, source_state_changed, swap_rates_published,
              holidays_defined, feature_defined, feature_vector_updated, regime_assessed, prediction_made, signal_confirmation_given, strategy_registered,
              strategy_state_changed, signal_proposed, signal_stage_changed, order_intended, order_change_intended, limits_set, order_approved, order_denied,
              trading_state_changed, reservation_released, change_approved, order_submitted, send_started, order_acknowledged, order_rejected, order_filled,
              order_cancelled, order_expired, order_triggered, order_amended, order_change_refused, venue_order_reported, account_opened, cash_moved,
              position_changed, account_valued, day_closed, financing_booked, swap_reported, alert_changed>;

namespace detail {
template <class... E> constexpr std::size_t largest(type_list<E...>) { return std::max({sizeof(E)...}); }
template <class... E> constexpr std::uint16_t highest_number(type_list<E...>) { return std::max({E::type_number...}); }
template <class... E> constexpr bool numbers_differ(type_list<E...>) {
  std::array<std::uint16_t, sizeof...(E)> n{E::type_number...};
  std::sort(n.begin(), n.end());
  return std::adjacent_find(n.begin(), n.end()) == n.end();
}
template <class... E> constexpr bool all_trivial(type_list<E...>) { return (std::is_trivially_copyable_v<E> && ...); }
}  // namespace detail

/// Type numbers are below this: tables by type are plain arrays.
inline constexpr std::uint16_t event_numbers = 192;
static_assert(detail::highest_number(all_events{}) < event_numbers);
static_assert(detail::numbers_differ(all_events{}));
static_assert(detail::all_trivial(all_events{}));

/// Calls visitor.template operator()<E>() for each event type.
template <class Visitor> constexpr void for_each_event_type(Visitor&& visitor) {
  [&]<class... E>(type_list<E...>) { (visitor.template operator()<E>(), ...); }(all_events{});
}

/// One event of the closed set, with its envelope.
class event {
 public:
  header head;

  // Not defaulted: a vector of events would clear each body before it is overwritten.
  event() {}  // NOLINT(modernize-use-equals-default)
  template <class E> event(const header& h, const E& e) : head(h) { set(e); }

  template <class E> void set(const E& e) {
    static_assert(contains<E, all_events>);
    head.type = E::type_number;
    head.version = E::schema_version;
    ::new (static_cast<void*>(body_)) E(e);
  }
  template <class E> [[nodiscard]] bool is() const { return head.type == E::type_number; }
  /// The payload. Asking for another type than the one held is a programming error.
  template <class E> [[nodiscard]] const E& as() const {
    if (head.type != E::type_number) [[unlikely]]
      std::abort();
    return *std::launder(reinterpret_cast<const E*>(body_));
  }
  template <class E> [[nodiscard]] const E* get_if() const { return is<E>() ? &as<E>() : nullptr; }

 private:
  alignas(8) std::byte body_[detail::largest(all_events{})];
};
static_assert(std::is_trivially_copyable_v<event>);

namespace detail {
// A table from type number to what a visitor does with that type: one indirect call, however many types there are.
template <class Visitor> struct visit_table {
  using function = void (*)(Visitor&, const event&);
  std::array<function, event_numbers> at{};
  constexpr visit_table() {
    for_each_event_type([this]<class E>() { at[E::type_number] = [](Visitor& v, const event& e) { v(e.as<E>()); }; });
  }
};
}  // namespace detail

/// Calls visitor(payload). False where the type is unknown to this build.
template <class Visitor> bool visit(const event& e, Visitor&& visitor) {
  using plain = std::remove_reference_t<Visitor>;
  static constexpr detail::visit_table<plain> table;
  if (e.head.type >= event_numbers || table.at[e.head.type] == nullptr) return false;
  table.at[e.head.type](visitor, e);
  return true;
}

/// "quote_accepted", or "unknown" for a number that this build does not have.
std::string_view event_name(std::uint16_t type_number);
/// 0 where there is no such event.
std::uint16_t event_number(std::string_view name);
/// Instrument of the payload, 0 where it is about none.
std::uint32_t routing_key_of(const event& e);
/// Runtime events tell the life of hosts and actors. They differ between two runs that trade alike, and comparisons leave them out.
bool is_runtime_event(std::uint16_t type_number);

}  // namespace tomnext
