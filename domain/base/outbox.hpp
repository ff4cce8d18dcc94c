// Where decide puts its proposals: one reaction, in order, with the envelope filled in.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "domain/events/event.hpp"

namespace tomnext {

/// Collects the outputs of one host for one input. The buffer is the caller's and is reused.
class outbox {
 public:
  outbox(std::vector<event>& buffer, const header& cause, host_id host, std::uint32_t incarnation) : buffer_(buffer), first_(buffer.size()) {
    template_.cause = cause.seq;
    template_.position = cause.seq;
    template_.correlation = cause.correlation != 0 ? cause.correlation : cause.seq;
    template_.at = cause.at;
    template_.host = host;
    template_.incarnation = incarnation;
    template_.depth = static_cast<std::uint8_t>(cause.depth + 1);
  }
  template <class E> void emit(const E& e) {
    header h = template_;
    h.ordinal = static_cast<std::uint16_t>(buffer_.size() - first_);
    buffer_.emplace_back(h, e);
  }
  /// This input cannot be answered (a conversion rate is missing, a number overflows): the run stops, or the input is parked, with this message.
  /// The first failure of a reaction is kept; its outputs are dropped.
  void fail(errc code, std::string message) {
    if (!failure_) failure_.emplace(code, std::move(message));
  }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }
  [[nodiscard]] std::size_t size() const { return buffer_.size() - first_; }
  [[nodiscard]] host_id host() const { return template_.host; }

 private:
  std::vector<event>& buffer_;
  std::size_t first_;
  header template_;
  std::optional<error> failure_;
};

}  // namespace tomnext
