#include "persistence/subscribers.hpp"

namespace tomnext::persistence {

class subscribers::handle final : public subscription {
 public:
  handle(std::shared_ptr<state> s, std::shared_ptr<entry> e) : state_(std::move(s)), entry_(std::move(e)) {}
  ~handle() override {
    std::scoped_lock lock(state_->mutex);
    entry_->ended = true;
    std::erase(state_->entries, entry_);
  }

 private:
  std::shared_ptr<state> state_;
  std::shared_ptr<entry> entry_;
};

std::unique_ptr<subscription> subscribers::add(delivery deliver) {
  auto e = std::make_shared<entry>(entry{std::move(deliver)});
  std::scoped_lock lock(state_->mutex);
  state_->entries.push_back(e);
  return std::make_unique<handle>(state_, std::move(e));
}

void subscribers::deliver(const group_ref& g) const {
  const auto kept = state_;
  std::scoped_lock lock(kept->mutex);
  // A copy: a delivery may end or begin subscriptions, and an entry must outlive its own call.
  const auto now = kept->entries;
  for (const auto& e : now)
    if (!e->ended) e->deliver(g);
}

}  // namespace tomnext::persistence
