// The one way in for quotes: market files or logs, merged by time, judged, numbered. The back-test, the import and the live ingress all read it.
#pragma once
#include <memory>
#include <span>

#include "config/deployment.hpp"

namespace tomnext::replay {

/// A quote with its verdict.
struct judged_quote {
  bool accepted{};
  quote_accepted quote;      ///< where accepted
  quote_rejected rejected;   ///< where not
  [[nodiscard]] timestamp time() const { return accepted ? quote.source_time : rejected.source_time; }
  [[nodiscard]] std::uint64_t position() const { return accepted ? quote.source_position : rejected.source_position; }
};

struct feed_figures {
  std::uint64_t accepted = 0, rejected = 0, crossed = 0, locked = 0, spikes = 0;
};

class quote_feed {
 public:
  virtual ~quote_feed() = default;
  /// Fills as much of `out` as there is; 0 at the end. Positions run from 1 over all sources, the same at each reading.
  virtual result<std::size_t> read(std::span<judged_quote> out) = 0;
  [[nodiscard]] virtual const feed_figures& figures() const = 0;
};

/// Opens all sources of a deployment. Errors name file, line and reason; nothing is skipped silently.
result<std::unique_ptr<quote_feed>> open_feed(const config::deployment& d);

}  // namespace tomnext::replay
