#include "domain/data_pipeline/comparison_clock.hpp"

namespace tomnext::data_pipeline {
namespace {

constexpr timer_id roll_timer{1};
constexpr std::int64_t west_ns = 5 * hour_ns, boundary_ns = 22 * hour_ns;

}  // namespace

void comparison_clock::see(timestamp now) {
  rolled_ = rolled_ || reached_;
  reached_ = false;
  if (const date today = utc_date(now); today != day_) {
    day_ = today;
    boundary_ = start_of(utc_date(now - west_ns)) + boundary_ns;
    rolled_ = false;
  }
  reached_ = !rolled_ && now >= boundary_;
}

void comparison_clock::arm(timestamp now, outbox& out) const {
  if (reached_) [[unlikely]]
    out.emit(timer_armed{self_, roll_timer, generation_ + 1, now - 1});
}

void comparison_clock::decide(const header&, const timer_fired& e, outbox& out) const {
  if (e.generation == generation_) out.emit(trading_day_rolled{utc_date(boundary_), boundary_, roll_profile::comparison});
}

}  // namespace tomnext::data_pipeline
