#include "actors/app/log_reader.hpp"

namespace tomnext::app {

result<log_reader> log_reader::open(const persistence::event_log& log, std::uint64_t from_seq) {
  auto scan = log.scan(from_seq);
  if (!scan) return scan.error();
  return log_reader(std::move(*scan), from_seq);
}

result<const event*> log_reader::next() {
  for (;;) {
    while (group_ && at_ < group_->events.size()) {
      const event& e = group_->events[at_++];
      if (e.head.seq >= from_seq_) return &e;
    }
    auto g = scan_->next();
    if (!g) return g.error();
    if (!*g) return nullptr;
    group_ = std::move(*g);
    at_ = 0;
  }
}

}  // namespace tomnext::app
