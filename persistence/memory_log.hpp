// A log in memory: the same bytes and the same head hash as on disk, for tests and for back-tests whose results nobody keeps.
#pragma once
#include <deque>
#include <mutex>
#include <string>

#include "persistence/subscribers.hpp"

namespace tomnext::persistence {

/// What a memory_log keeps of its groups.
enum class retention : std::uint8_t {
  all,
  hash_only,  ///< the head alone: scanning is refused
};

class memory_log final : public event_log {
 public:
  explicit memory_log(retention keep = retention::all) : keep_(keep) {}
  result<log_head> append(std::span<const group_ref> groups) override;
  [[nodiscard]] log_head head() const override;
  using event_log::scan;
  [[nodiscard]] result<std::unique_ptr<log_scan>> scan(std::uint64_t from_seq, direction where_to) const override;
  [[nodiscard]] result<bool> holds(const log_head& h) const override;
  result<std::unique_ptr<subscription>> subscribe_from(std::uint64_t from_seq, std::function<void(const group_ref&)> deliver) override;

 private:
  friend class memory_scan;
  struct row {
    std::uint64_t first_seq, last_seq;
    std::string bytes;
    hash256 chained;
  };
  retention keep_;
  mutable std::recursive_mutex mutex_;
  std::deque<row> rows_;
  log_head head_;
  std::string buffer_;
  subscribers subscribers_;
};

}  // namespace tomnext::persistence
