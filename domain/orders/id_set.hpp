// Which order ids were taken, as ranges: running numbers need a few of them, however many orders there were.
#pragma once
#include <cstdint>
#include <iterator>
#include <map>

#include "domain/base/ids.hpp"

namespace tomnext::orders {

/// A set of ids that only grows, in bounded memory. Exact while its ids form at most `ranges_max` runs; beyond, the oldest gap counts as taken: an id that
/// was never used may then be refused, but none is ever taken twice.
class id_set {
 public:
  static constexpr std::size_t ranges_max = 65'536;

  [[nodiscard]] bool contains(order_id id) const {
    auto after = last_.upper_bound(id.value);
    return after != last_.begin() && id.value <= std::prev(after)->second;
  }
  void insert(order_id id);
  [[nodiscard]] std::size_t ranges() const { return last_.size(); }
  template <class Archive> void archive(Archive& a) { a(last_); }

 private:
  std::map<std::uint64_t, std::uint64_t> last_;  // first id of a run -> its last
};

}  // namespace tomnext::orders
