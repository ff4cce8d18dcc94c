// Projections: what people want to look up, folded from the log (design law 1: each can be deleted at any time, and is folded again).
//
// A projection has no state but its rows. Its rows and how far it has read are written together, so that after a crash every event counts once.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"
#include "domain/events/event.hpp"

namespace tomnext::persistence {

/// Longer keys are refused; no key begins with the byte 0xff.
inline constexpr std::size_t projection_key_bytes_max = 255;

/// The rows of one projection, as they are with all that was put before.
class projection_rows {
 public:
  virtual ~projection_rows() = default;
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::string_view key) const = 0;
  virtual void put(std::string_view key, std::string_view value) = 0;
};

/// Looks at rows in the order of their keys.
class projection_reader {
 public:
  virtual ~projection_reader() = default;
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::string_view key) const = 0;
  /// Rows whose key begins with `prefix`, from `from` on (itself with that prefix, or empty), until `each` returns false.
  virtual result<void> walk(std::string_view prefix, std::string_view from,
                            const std::function<bool(std::string_view key, std::string_view value)>& each) const = 0;
};

/// What was asked of a projection. `from_seq`: what lies before is left out, where an answer is about single events.
struct projection_question {
  std::string key;  ///< what the projection says in `keys`; empty: everything
  std::uint64_t from_seq = 1;
};
/// Takes one answer, a JSON object; false: no more of them.
using projection_answer = std::function<bool(const std::string& json)>;

class projection {
 public:
  virtual ~projection() = default;
  /// Lower-case letters, digits and underscores, at most 40: names its rows on disk.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Rows of another version are of no use and are folded anew. Raised with every change of `apply` or of the rows.
  [[nodiscard]] virtual std::uint32_t version() const = 0;
  /// One line for people.
  [[nodiscard]] virtual std::string_view description() const = 0;
  /// How a question's key is written.
  [[nodiscard]] virtual std::string_view keys() const = 0;
  /// Folds one event into the rows: a pure function of both. An error parks the projection at this event, and none of what was put for it stays.
  virtual result<void> apply(const event& e, projection_rows& rows) const = 0;
  /// errc::invalid_argument for a key that it does not have, with those that it has.
  virtual result<void> answer(const projection_question& q, const projection_reader& rows, const projection_answer& each) const = 0;
};

using projection_list = std::vector<std::shared_ptr<const projection>>;

/// Those that this build has: event_index and order_blotter.
const projection_list& projections();
std::shared_ptr<const projection> event_index();
std::shared_ptr<const projection> order_blotter();

}  // namespace tomnext::persistence
