#include "persistence/projection_batch.hpp"

#include <algorithm>
#include <exception>

namespace tomnext::persistence {

result<std::optional<std::string>> projection_batch::get(std::string_view key) const {
  if (const auto found = pending_.find(std::string(key)); found != pending_.end()) return std::optional<std::string>(found->second);
  auto stored = store_.get(projection_, key);
  if (!stored && !store_failed_) store_failed_ = stored.error();
  return stored;
}

void projection_batch::put(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > projection_key_bytes_max || static_cast<unsigned char>(key.front()) == 0xff) {
    if (!refused_) refused_ = error(errc::invalid_argument, "a key of " + std::to_string(key.size()) + " bytes, or one that begins with 0xff");
    return;
  }
  auto [at, added] = pending_.try_emplace(std::string(key));
  before_.emplace_back(at->first, added ? std::optional<std::string>{} : std::optional<std::string>(std::move(at->second)));
  at->second = value;
  bytes_ += key.size() + value.size();
}

result<void> projection_batch::take(const projection& p, const event& e) {
  before_.clear();
  refused_.reset();
  store_failed_.reset();
  auto applied = [&]() -> result<void> {
    try {
      return p.apply(e, *this);
    } catch (const std::exception& thrown) { return error(errc::poisonous_input, thrown.what()); }
  }();
  if (applied && !refused_ && !store_failed_) return {};
  undo();
  if (store_failed_) return *store_failed_;
  const auto& why = refused_ ? *refused_ : applied.error();
  return error(errc::poisonous_input, why.message);
}

void projection_batch::undo() {
  // Backwards: a key that was put twice gets back what it had first.
  for (auto put = before_.rbegin(); put != before_.rend(); ++put) {
    if (put->second) pending_[put->first] = std::move(*put->second);
    else pending_.erase(put->first);
  }
  before_.clear();
}

std::vector<row_change> projection_batch::changes() const {
  std::vector<row_change> all;
  all.reserve(pending_.size());
  for (const auto& [key, value] : pending_) all.push_back({key, value});
  std::sort(all.begin(), all.end(), [](const row_change& a, const row_change& b) { return a.key < b.key; });
  return all;
}

void projection_batch::clear() {
  pending_.clear();
  before_.clear();
  bytes_ = 0;
}

}  // namespace tomnext::persistence
