// Where decide puts its proposals: one reaction, in order, with the envelope filled in.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "domain/events/event.hpp"

namespace tomnext {

/// Collects the outputs of one host for one input. The buffer is the caller's and is reused; the cause must not lie in it, and must outlive this.
/// Most inputs are answered by nothing, so that it costs nothing until there is an output.
class outbox {
 public:
  outbox(std::vector<event>& buffer, const header& cause, host_id host, std::uint32_t incarnation)
      : buffer_(buffer), cause_(cause), first_(buffer.size()), host_(host), incarnation_(incarnation) {}
  template <class E> void emit(const E& e) { buffer_.emplace_back(next_header(), e); }
  /// This input cannot be answered (a conversion rate is missing, a number overflows): the run stops, or the input is parked, with this message.
  /// The first failure of a reaction is kept; its outputs are dropped.
  void fail(errc code, std::string message) {
    if (!failure_) failure_.emplace(code, std::move(message));
  }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }
  [[nodiscard]] std::size_t size() const { return buffer_.size() - first_; }
  [[nodiscard]] host_id host() const { return host_; }

 private:
  [[nodiscard]] header next_header() const {
    header h;
    h.cause = cause_.seq;
    h.position = cause_.seq;
    h.correlation = cause_.correlation != 0 ? cause_.correlation : cause_.seq;
    h.at = cause_.at;
    h.host = host_;
    h.incarnation = incarnation_;
    h.depth = static_cast<std::uint8_t>(cause_.depth + 1);
    h.ordinal = static_cast<std::uint16_t>(buffer_.size() - first_);
    return h;
  }
  std::vector<event>& buffer_;
  const header& cause_;
  std::size_t first_;
  host_id host_;
  std::uint32_t incarnation_;
  std::optional<error> failure_;
};

}  // namespace tomnext
