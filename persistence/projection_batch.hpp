// What a projection put since the last commit, in front of what is stored. One event's part of it can be taken back.
#pragma once
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "persistence/projection_store.hpp"

namespace tomnext::persistence {

class projection_batch final : public projection_rows {
 public:
  projection_batch(const projection_store& store, std::string projection) : store_(store), projection_(std::move(projection)) {}

  [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) const override;
  void put(std::string_view key, std::string_view value) override;

  /// Applies one event: all of it, or nothing. Whatever the projection returns or throws is an error of code poisonous_input.
  /// An error of another code is the store's: the projection is not to blame.
  result<void> take(const projection& p, const event& e);
  /// In the order of their keys, so that the same fold writes the same bytes.
  [[nodiscard]] std::vector<row_change> changes() const;
  void clear();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void undo();

  const projection_store& store_;
  std::string projection_;
  std::unordered_map<std::string, std::string> pending_;
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;  // this event's keys, and what was pending there
  std::size_t bytes_ = 0;
  std::optional<error> refused_;  // a put that is none
  mutable std::optional<error> store_failed_;
};

}  // namespace tomnext::persistence
