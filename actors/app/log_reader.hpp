// A log read event by event, for commands.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "persistence/event_log.hpp"

namespace tomnext::app {

class log_reader {
 public:
  static result<log_reader> open(const persistence::event_log& log, std::uint64_t from_seq = 1);
  /// The next event, or nothing at the end. The pointer holds until the next call.
  result<const event*> next();

 private:
  explicit log_reader(std::unique_ptr<persistence::log_scan> scan, std::uint64_t from_seq) : scan_(std::move(scan)), from_seq_(from_seq) {}
  std::unique_ptr<persistence::log_scan> scan_;
  persistence::group_ref group_;
  std::size_t at_ = 0;
  std::uint64_t from_seq_;
};

}  // namespace tomnext::app
