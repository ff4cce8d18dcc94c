// Metrics in the Prometheus text format, version 0.0.4.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/runtime/actor_figures.hpp"

namespace tomnext::api {

/// Content type of the text.
inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Collects samples in any order and writes them family by family, each with one HELP and one TYPE (those of its first sample).
/// A sample given twice keeps the later value. Characters that a name may not have become '_'; bytes in labels that are no UTF-8 become U+FFFD:
/// one bad name must not cost the whole scrape.
class metrics_text {
 public:
  void gauge(std::string_view name, std::string_view help, const metric_labels& labels, double value) { add("gauge", name, help, labels, value); }
  /// By convention the name ends in _total.
  void counter(std::string_view name, std::string_view help, const metric_labels& labels, double value) { add("counter", name, help, labels, value); }
  /// One quantile of a summary; `labels` holds {"quantile", "0.99"} among others.
  void summary(std::string_view name, std::string_view help, const metric_labels& labels, double value) { add("summary", name, help, labels, value); }
  [[nodiscard]] std::string text() const;

 private:
  struct family {
    std::string name;
    std::string help;
    std::string type;
    std::vector<std::pair<std::string, double>> samples;    ///< labels as written, value
    std::map<std::string, std::size_t, std::less<>> place;  ///< of a label text in samples
  };
  void add(std::string_view type, std::string_view name, std::string_view help, const metric_labels& labels, double value);
  std::vector<family> families_;
  std::map<std::string, std::size_t, std::less<>> place_;  ///< of a name in families_
};

/// What introspection knows, for a scrape: tomnext_actor_queue_depth, …_processed_total, …_service_seconds{quantile}, with labels actor and kind.
[[nodiscard]] std::string actor_metrics(const std::vector<actors::actor_figures>& figures);

}  // namespace tomnext::api
