// A whole back-test on bars out of the domain's pure parts: a strategy, the plan that its opinions lead to, and the simulated market.
#pragma once
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "domain/strategy_execution/plan.hpp"
#include "domain/venue/next_bar_open.hpp"

namespace tomnext::tests {

/// A round trip as the reference lists it. Bars count from 0; money in quote currency, net of commission.
struct bar_trade {
  double size{};
  std::size_t entry_bar{}, exit_bar{};
  price entry, exit, stop_loss, take_profit;
  double commission{};
  [[nodiscard]] double profit() const { return size * (exit.to_double() - entry.to_double()) - commission; }
};
struct bar_backtest_result {
  std::vector<bar_trade> trades;
  std::vector<double> equity;  ///< at each bar's close
};

class bar_backtest {
 public:
  bar_backtest(std::unique_ptr<strategy_execution::strategy> logic, quantity size, double cash, rate spread, rate commission)
      : logic_(std::move(logic)), size_(size), cash_(cash), rules_{spread, true}, commission_(commission.to_double()), book_(venue::book_rules{}) {}

  bar_backtest_result run(const std::vector<bar_closed>& bars) {
    for (bar_ = 0; bar_ < bars.size(); ++bar_) {
      const auto& b = bars[bar_];
      view_ = {b.opened_at, b.open, b.high, b.low, b.close};
      venue::work(book_, view_, rules_);
      take_answers();
      done_.equity.push_back(equity(b.close));
      logic_->update(b);
      if (!logic_->ready()) continue;
      if (const auto o = logic_->decide(b)) act(*o, b.closed_at);
    }
    --bar_;
    close(bars.back().closed_at);
    venue::finish(book_, view_, rules_);
    take_answers();
    done_.equity.back() = equity(bars.back().close);
    return std::move(done_);
  }

 private:
  void act(const strategy_execution::opinion& o, timestamp at) {
    if (book_.find(waiting_) != nullptr) book_.cancel(waiting_, "replaced");
    const quantity held = book_.held({});
    const auto plan = strategy_execution::plan_of(o, {held, held});
    if (plan.close) close(at);
    if (!plan.enter) return;
    venue::order_request r;
    r.order = waiting_ = order_id{++ids_};
    r.direction = entering_ = o.direction;
    r.kind = o.entry.kind;
    r.size = size_;
    (r.kind == order_kind::stop ? r.trigger : r.limit) = o.entry.at;
    book_.submit(r, at, view_.close);
    protection_ = {o.entry.stop_loss, o.entry.take_profit};
    venue::order_request child;
    child.direction = opposite(o.direction);
    child.size = size_;
    child.parent = r.order;
    if (o.entry.take_profit) {
      child.order = order_id{++ids_};
      child.kind = order_kind::limit;
      child.limit = o.entry.take_profit;
      book_.submit(child, at, {});
    }
    if (o.entry.stop_loss) {
      child.order = order_id{++ids_};
      child.kind = order_kind::stop;
      child.limit = {};
      child.trigger = o.entry.stop_loss;
      book_.submit(child, at, {});
    }
  }
  void close(timestamp at) {
    const quantity held = book_.held({});
    if (!held) return;
    venue::order_request r;
    r.order = order_id{++ids_};
    r.direction = held.value > 0 ? side::sell : side::buy;
    r.size = {std::abs(held.value)};
    r.reduce_only = true;
    book_.submit(r, at, view_.close);
  }
  void take_answers() {
    for (const auto& a : book_.take_answers()) {
      if (a.kind == venue::answer_kind::rejected) throw std::runtime_error("rejected: " + std::string(a.why));
      if (a.kind != venue::answer_kind::filled) continue;
      const double units = a.size.to_double(), fee = commission_ * units * a.at_price.to_double();
      cash_ -= fee;
      if (open_) {
        open_->exit = a.at_price;
        open_->exit_bar = bar_;
        cash_ += open_->size * (a.at_price.to_double() - open_->entry.to_double());
        open_->commission += fee;
        done_.trades.push_back(*open_);
        open_.reset();
      } else {
        open_ = bar_trade{entering_ == side::sell ? -units : units, bar_, bar_, a.at_price, {}, protection_.first, protection_.second, fee};
      }
    }
  }
  [[nodiscard]] double equity(price mark) const { return cash_ + (open_ ? open_->size * (mark.to_double() - open_->entry.to_double()) : 0.0); }

  std::unique_ptr<strategy_execution::strategy> logic_;
  quantity size_;
  double cash_;
  venue::bar_rules rules_;
  double commission_;
  venue::order_book book_;
  venue::bar_view view_;
  std::size_t bar_ = 0;
  std::uint64_t ids_ = 0;
  order_id waiting_;
  side entering_{};
  std::pair<price, price> protection_;
  std::optional<bar_trade> open_;
  bar_backtest_result done_;
};

}  // namespace tomnext::tests
