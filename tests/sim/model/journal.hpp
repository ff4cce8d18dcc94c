// The one writer of the model's log: gives each event its seq, keeps reactions whole, and loses what was not durable when the node dies.
#pragma once
#include <array>
#include <set>
#include <vector>

#include "tests/sim/model/event.hpp"
#include "tests/sim/model/random.hpp"
#include "tests/sim/model/rules.hpp"
#include "tests/sim/model/topology.hpp"

namespace tomnext::sim {

/// A reaction, a mark or a quote on its way from a host.
struct append {
  int host;
  unsigned incarnation;
  reaction events;
};

class journal {
 public:
  explicit journal(broken_rule broken) : broken_(broken) {}

  [[nodiscard]] const std::vector<event>& log() const { return log_; }
  [[nodiscard]] seq_number head() const { return log_.size(); }
  [[nodiscard]] seq_number durable() const { return durable_; }
  /// Of the first `count` events: two logs that agree in it are equal up to there.
  [[nodiscard]] std::uint64_t prefix_hash(seq_number count) const { return chain_[static_cast<std::size_t>(count)]; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  /// A host begins a life; from here on its earlier lives are refused. Returns the incarnation.
  unsigned enroll(int host) { return ++incarnation_[static_cast<std::size_t>(host)]; }
  /// One append of a host, whole or not at all.
  void take(const append& a);
  /// What the outside sends.
  void admit(const event& e);

  /// The disk gets on, to the end of any group.
  void advance_durable(random_source& random);
  /// The disk has everything.
  void sync() { durable_ = head(); }
  /// The node dies: what was not durable never was.
  void crash();

 private:
  [[nodiscard]] bool accepts(const append& a);
  void write(const event& e);

  broken_rule broken_;
  std::vector<event> log_;
  std::vector<std::uint64_t> chain_{1};
  std::set<seq_number> group_ends_{0};
  seq_number durable_ = 0;
  std::array<unsigned, host_count> incarnation_{};
  std::array<seq_number, host_count> last_reaction_{};  // position, for the reading that fences by it
  std::uint64_t refused_ = 0;
};

}  // namespace tomnext::sim
