// result<T>: a value, or an error that says what went wrong, where, and what to do about it.
#pragma once
#include <cstdlib>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tomnext {

/// What the one who handles an error must do. Every error code has exactly one policy.
enum class error_policy : std::uint8_t { refuse, retry, degrade, halt, quarantine };

/// All errors of tomnext, banded by layer: 100 arithmetic, 200 input files, 300 configuration,
/// 400 domain decisions, 500 log, 600 runtime, 700 network.
enum class errc : std::uint16_t {
  overflow = 100,          ///< a decimal result does not fit
  division_by_zero = 101,  ///< a rate or a quantity of zero where one must divide
  not_a_decimal = 102,     ///< text that is no decimal number, or has more digits than its type holds

  file_unreadable = 200,  ///< missing, no permission, or an I/O error
  file_truncated = 201,   ///< a compressed file that ends early, or fails its checksum
  malformed_line = 202,   ///< a line that does not have the columns or values of its format
  unsupported_format = 203,

  configuration_syntax = 300,  ///< not YAML at all
  configuration_key = 301,     ///< an unknown or a missing key
  configuration_value = 302,   ///< wrong type, or out of range

  unknown_instrument = 400,
  conversion_rate_missing = 401,
  illegal_transition = 402,  ///< a move that the order state machine does not allow
  limit_breached = 403,
  invalid_argument = 404,
  poisonous_input = 405,  ///< a service cannot apply or decide this input

  log_io = 500,       ///< the disk failed: stop, replay, reconcile
  log_corrupt = 501,  ///< checksum, hash chain or gap: nothing more is read from it
  log_gap = 502,
  log_newer_version = 503,  ///< written by a newer build
  log_full = 504,           ///< below the low-water mark of the disk, or the queue is full
  stale_incarnation = 505,  ///< an append by a host's earlier life
  log_locked = 506,         ///< another process has it open
  snapshot_invalid = 507,
  decode_failed = 508,
  version_conflict = 509,   ///< an ingress expected a stream to end elsewhere: read it again and decide anew
  log_key = 510,            ///< an encrypted log, and no key, or another key than it was written with
  log_archived = 511,       ///< the events lie in an archive segment that is not here
  retention_refused = 512,  ///< the events are still needed: by a host without a later snapshot, or because no verified archive holds them
  signature_invalid = 513,  ///< the log is not the one that a signed head was taken from, or the signature is another key's

  timed_out = 600,
  cancelled = 601,
  actor_down = 602,
  overloaded = 603,
  not_ready = 604,

  network_io = 700,
  bad_request = 701,
};

/// The policy of a code. Total: a new code without a policy is a compiler warning, hence an error.
constexpr error_policy policy_of(errc code) {
  switch (code) {
    case errc::log_io:
    case errc::log_gap:
    case errc::log_newer_version: return error_policy::halt;
    case errc::log_corrupt:
    case errc::snapshot_invalid:
    case errc::signature_invalid:
    case errc::decode_failed:
    case errc::poisonous_input: return error_policy::quarantine;
    case errc::timed_out:
    case errc::actor_down:
    case errc::overloaded:
    case errc::not_ready:
    case errc::log_full:
    case errc::network_io: return error_policy::retry;
    case errc::conversion_rate_missing: return error_policy::halt;
    case errc::overflow:
    case errc::division_by_zero:
    case errc::not_a_decimal:
    case errc::file_unreadable:
    case errc::file_truncated:
    case errc::malformed_line:
    case errc::unsupported_format:
    case errc::configuration_syntax:
    case errc::configuration_key:
    case errc::configuration_value:
    case errc::unknown_instrument:
    case errc::illegal_transition:
    case errc::limit_breached:
    case errc::invalid_argument:
    case errc::stale_incarnation:
    case errc::log_locked:
    case errc::version_conflict:
    case errc::log_key:
    case errc::log_archived:
    case errc::retention_refused:
    case errc::cancelled:
    case errc::bad_request: return error_policy::refuse;
  }
  return error_policy::halt;
}

/// An error with its context, outermost first: "reading a.csv: line 7: bid is not a number".
struct error {
  errc code{};
  std::string message;
  error() = default;
  error(errc c, std::string m) : code(c), message(std::move(m)) {}
  /// The same error seen from one layer further out.
  [[nodiscard]] error within(std::string_view context) const { return {code, std::string(context) + ": " + message}; }
  [[nodiscard]] error_policy policy() const { return policy_of(code); }
};

/// Either a T or an error. Reading the side that is not there is a programming error and aborts.
template <class T> class [[nodiscard]] result {
 public:
  using value_type = T;
  result(T v) : data_(std::in_place_index<0>, std::move(v)) {}               // NOLINT: implicit by intent
  result(tomnext::error e) : data_(std::in_place_index<1>, std::move(e)) {}  // NOLINT
  explicit operator bool() const { return data_.index() == 0; }
  [[nodiscard]] bool has_value() const { return data_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&checked(0)); }
  const T& operator*() const& { return *std::get_if<0>(&checked(0)); }
  T&& operator*() && { return std::move(*std::get_if<0>(&checked(0))); }
  T* operator->() { return std::get_if<0>(&checked(0)); }
  const T* operator->() const { return std::get_if<0>(&checked(0)); }
  [[nodiscard]] const tomnext::error& error() const { return *std::get_if<1>(&checked(1)); }
  [[nodiscard]] T value_or(T other) const { return has_value() ? **this : std::move(other); }

 private:
  using storage = std::variant<T, tomnext::error>;
  storage& checked(std::size_t side) {
    if (data_.index() != side) std::abort();
    return data_;
  }
  const storage& checked(std::size_t side) const {
    if (data_.index() != side) std::abort();
    return data_;
  }
  storage data_;
};

/// Success, or an error.
template <> class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(tomnext::error e) : error_(std::move(e)), failed_(true) {}  // NOLINT
  explicit operator bool() const { return !failed_; }
  [[nodiscard]] bool has_value() const { return !failed_; }
  [[nodiscard]] const tomnext::error& error() const {
    if (!failed_) std::abort();
    return error_;
  }

 private:
  tomnext::error error_;
  bool failed_ = false;
};

}  // namespace tomnext

/// Leaves the enclosing function with the error of `expression`, if it has one.
#define TOMNEXT_TRY(expression)                                                          \
  do {                                                                                   \
    if (auto tomnext_tried = (expression); !tomnext_tried) return tomnext_tried.error(); \
  } while (false)
