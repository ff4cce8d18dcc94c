#include "persistence/background_chain.hpp"

#include <system_error>

#include "persistence/group_codec.hpp"
#include "persistence/thread_name.hpp"

namespace tomnext::persistence {
namespace {

// At 2 GB/s this takes 8 us, about what it costs to wake a thread and be woken by it.
constexpr std::size_t background_bytes_min = 16u << 10;

}  // namespace

background_chain::~background_chain() {
  if (!thread_.joinable()) return;
  if (state_ == state::hashing) (void)finish();
  set(state::ending);
  thread_.join();
}

void background_chain::start(const hash256& previous, std::string_view group_bytes) {
  if (state_ == state::hashing) (void)finish();  // of a write that failed in between
  static const bool alone = std::thread::hardware_concurrency() == 1;
  if (!alone && group_bytes.size() >= background_bytes_min) {
    try {
      if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
      previous_ = previous;
      bytes_ = group_bytes;
      set(state::hashing);
      return;
    } catch (const std::system_error&) {}  // no thread to be had: it is only a matter of speed
  }
  hash_ = chain(previous, group_bytes);
  state_ = state::done;
}

hash256 background_chain::finish() {
  state_.wait(state::hashing);
  state_ = state::idle;
  return hash_;
}

void background_chain::work() {
  name_this_thread("tomnext.chain");
  for (;;) {
    const state now = state_;
    if (now == state::ending) return;
    if (now == state::hashing) {
      hash_ = chain(previous_, bytes_);
      set(state::done);
    } else {
      state_.wait(now);
    }
  }
}

void background_chain::set(state s) {
  state_ = s;
  state_.notify_all();
}

}  // namespace tomnext::persistence
