// Events that a filter wants, one by one, in either direction, over any log.
#pragma once
#include <functional>
#include <memory>

#include "persistence/event_log.hpp"
#include "persistence/filter.hpp"

namespace tomnext::persistence {

/// Seqs from `first` to `last`, both included.
struct seq_range {
  std::uint64_t first = 0;  ///< 0: from the first event that can be read
  std::uint64_t last = UINT64_MAX;
};

/// Asked with the seq that is being read, once a group; false ends the scan with errc::cancelled. Empty: nobody asks.
using scan_progress = std::function<bool(std::uint64_t seq)>;

/// Where a filter's times and workflow lie is found, not scanned for, and nothing is read where nothing can match any more: the scan ends with the last group
/// of the range. It sees the log as it was when the scan was opened.
class filtered_scan {
 public:
  /// `log` must outlive the scan. errc::log_archived where the range begins before log.first_seq(); otherwise the errors of event_log::scan.
  static result<filtered_scan> open(const event_log& log, const event_filter& wanted, const seq_range& range, direction where_to, scan_progress go_on = {});
  /// The next event that is wanted, or nothing at the end. The pointer holds until the next call. After an error there is nothing more.
  result<const event*> next();

 private:
  filtered_scan(const event_filter& wanted, const seq_range& range, direction where_to, scan_progress go_on)
      : wanted_(wanted), range_(range), where_to_(where_to), go_on_(std::move(go_on)) {}
  const event* next_in_group();
  result<void> read_group();

  event_filter wanted_;
  seq_range range_;
  direction where_to_;
  scan_progress go_on_;
  std::unique_ptr<log_scan> groups_;  ///< gone at the end
  group_ref group_;
  std::size_t taken_ = 0;  ///< events of the group that have been looked at
};

}  // namespace tomnext::persistence
