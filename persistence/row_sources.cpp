#include "persistence/row_sources.hpp"

#include <algorithm>

#include "persistence/group_codec.hpp"
#include "persistence/segment.hpp"

namespace tomnext::persistence {
namespace {

using next_row = result<std::optional<stored_row>>;

class segment_chain final : public row_source {
 public:
  explicit segment_chain(std::vector<std::string> files) : files_(std::move(files)) {}

  next_row next() override {
    for (;;) {
      if (!at_) {
        if (file_ == files_.size()) return std::optional<stored_row>{};
        TOMNEXT_TRY(open());
      }
      auto row = at_->next();
      if (!row) return row;
      if (*row && (*row)->last_seq <= last_) continue;  // what comes next proves that this was the same
      if (*row) return follows(**row);
      at_.reset();
      ++file_;
    }
  }

 private:
  result<void> open() {
    const auto& path = files_[file_];
    auto info = read_segment_info(path);
    if (!info) return info.error();
    if (info->last_seq <= last_)
      return error(errc::log_gap, path + ": goes on at event " + std::to_string(info->first_seq) + " and ends at " + std::to_string(info->last_seq) +
                                      ", and what comes before it ends at event " + std::to_string(last_) + ": it adds nothing, leave it out");
    auto opened = open_segment(path);
    if (!opened) return opened.error();
    at_ = std::move(*opened);
    return {};
  }

  next_row follows(const stored_row& row) {
    if (last_ != 0 && row.first_seq != last_ + 1)
      return error(errc::log_gap, files_[file_] + ": a group begins at event " + std::to_string(row.first_seq) +
                                      ", and what comes before this file ends at event " + std::to_string(last_));
    if (last_ != 0 && row.previous != chained_)
      return error(errc::log_corrupt, files_[file_] + ": is of another history than what comes before it, which ends at event " + std::to_string(last_));
    last_ = row.last_seq;
    chained_ = row.chained;
    return std::optional(row);
  }

  std::vector<std::string> files_;
  std::size_t file_ = 0;
  std::unique_ptr<row_source> at_;
  std::uint64_t last_ = 0;
  hash256 chained_;
};

class seq_limit final : public row_source {
 public:
  seq_limit(std::unique_ptr<row_source> from, std::uint64_t last_seq) : from_(std::move(from)), last_seq_(last_seq) {}
  next_row next() override {
    if (done_) return std::optional<stored_row>{};
    auto row = from_->next();
    done_ = !row || !*row || (*row)->last_seq > last_seq_;
    if (row && done_) return std::optional<stored_row>{};
    return row;
  }

 private:
  std::unique_ptr<row_source> from_;
  std::uint64_t last_seq_;
  bool done_ = false;
};

/// One row ahead, so that it is known which row is the last: only that one may hold events on both sides of the time.
class time_limit final : public row_source {
 public:
  time_limit(std::unique_ptr<row_source> from, timestamp last_at) : from_(std::move(from)), last_at_(last_at) {}

  next_row next() override {
    if (!begun_) TOMNEXT_TRY(fetch());
    begun_ = true;
    if (done_ || !ahead_ || ahead_->first_at > last_at_) return std::optional<stored_row>{};
    current_ = *ahead_;
    std::swap(current_bytes_, ahead_bytes_);
    current_.bytes = current_bytes_;
    TOMNEXT_TRY(fetch());
    if (ahead_ && ahead_->first_at <= last_at_) return std::optional(current_);
    done_ = true;
    return last();
  }

 private:
  result<void> fetch() {
    auto row = from_->next();
    if (!row) return row.error();
    ahead_ = *row;
    if (ahead_) ahead_bytes_.assign(ahead_->bytes);
    return {};
  }

  next_row last() {
    auto g = decode_group(current_.bytes);
    // One event is the first, whose time is in clear.
    if (!g && g.error().code == errc::log_key && current_.first_seq == current_.last_seq) return std::optional(current_);
    if (!g && g.error().code == errc::log_key)
      return g.error().within("whether the group at event " + std::to_string(current_.first_seq) +
                              " ends by then is not known without its key; a seq needs none");
    if (!g) return g.error().within("whether the group at event " + std::to_string(current_.first_seq) + " ends by then");
    const auto& events = g->events->events;
    const bool ends_by_then = std::all_of(events.begin(), events.end(), [&](const event& e) { return e.head.at <= last_at_; });
    return ends_by_then ? std::optional(current_) : std::optional<stored_row>{};
  }

  std::unique_ptr<row_source> from_;
  timestamp last_at_;
  bool begun_ = false, done_ = false;
  std::optional<stored_row> ahead_;
  stored_row current_;
  std::string ahead_bytes_, current_bytes_;
};

}  // namespace

std::unique_ptr<row_source> rows_of_segments(std::vector<std::string> files) { return std::make_unique<segment_chain>(std::move(files)); }
std::unique_ptr<row_source> rows_to_seq(std::unique_ptr<row_source> from, std::uint64_t last_seq) {
  return std::make_unique<seq_limit>(std::move(from), last_seq);
}
std::unique_ptr<row_source> rows_to_time(std::unique_ptr<row_source> from, timestamp last_at) { return std::make_unique<time_limit>(std::move(from), last_at); }

}  // namespace tomnext::persistence
