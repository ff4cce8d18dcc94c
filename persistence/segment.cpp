// Reading segments: rows in both directions, the quick look, the whole check, and their names.
#include "persistence/segment.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "persistence/checksum.hpp"
#include "persistence/segment_format.hpp"

namespace tomnext::persistence {
namespace {

using segments::file;

constexpr std::size_t seq_digits = 20;

/// Rows from a block on. From the first block, the whole file is checked on the way.
class forward_rows final : public row_source {
 public:
  forward_rows(std::unique_ptr<file> f, std::uint64_t from) : file_(std::move(f)), from_(from), expected_(file_->info().previous) {}

  /// Skips blocks that end before `from_`, by their heads alone.
  result<void> seek() {
    for (;;) {
      auto b = file_->place_at(offset_);
      if (!b) return b.error();
      if (b->next == file_->blocks_end()) return {};
      auto after = file_->place_at(b->next);
      if (!after) return after.error();
      if (after->head.first_seq > from_) return {};
      offset_ = b->next;
      expected_ = after->head.previous;
      next_seq_ = after->head.first_seq;
      whole_ = false;
    }
  }

  result<std::optional<stored_row>> next() override {
    for (;;) {
      while (block_ && row_ < block_->rows.size()) {
        const auto& row = block_->rows[row_++];
        if (row.last_seq >= from_) return std::optional(row);
      }
      if (done_) return std::optional<stored_row>{};
      if (offset_ == file_->blocks_end()) {
        TOMNEXT_TRY(check_end());
        done_ = true;
        return std::optional<stored_row>{};
      }
      TOMNEXT_TRY(load());
    }
  }

 private:
  result<void> load() {
    auto b = file_->block_at(offset_);
    if (!b) return b.error();
    if (next_seq_ == 0) next_seq_ = file_->info().first_seq;
    if ((*b)->at.head.first_seq != next_seq_ || (*b)->at.head.previous != expected_)
      return file_->damaged(offset_, "a block does not follow the one before it");
    if (whole_ && groups_ == 0) {
      auto header = file_->read(0, segments::header_bytes);
      if (!header) return header.error();
      hash_.add(*header);
      first_at_ = (*b)->rows.front().first_at;
    }
    if (whole_) {
      hash_.add((*b)->stored_head);
      hash_.add((*b)->stored);
    }
    for (const auto& row : (*b)->rows) {
      ++groups_;
      row_bytes_ += row.bytes.size();
    }
    const auto& last = (*b)->rows.back();
    next_seq_ = last.last_seq + 1;
    expected_ = last.chained;
    last_epoch_ = last.epoch;
    last_at_ = last.first_at;
    offset_ = (*b)->at.next;
    block_ = std::move(*b);
    row_ = 0;
    return {};
  }

  result<void> check_end() {
    const auto& info = file_->info();
    const auto at = file_->blocks_end();
    if (next_seq_ != info.last_seq + 1 || expected_ != info.chained || last_epoch_ != info.last_epoch || last_at_ != info.last_at)
      return file_->damaged(at, "its rows do not end as its footer says");
    if (!whole_) return {};
    if (groups_ != info.groups || row_bytes_ != info.row_bytes || first_at_ != info.first_at) return file_->damaged(at, "its rows are not those of its footer");
    auto footer = file_->read(at, segments::footer_bytes);
    if (!footer) return footer.error();
    const auto body = std::string_view(*footer).substr(0, segments::footer_bytes - sizeof(hash256));
    hash_.add(body);
    if (bytes_of(hash_.finish()) != std::string_view(*footer).substr(body.size())) return file_->damaged(0, "the SHA-256 of the whole file does not match");
    return {};
  }

  std::unique_ptr<file> file_;
  std::uint64_t from_;
  hash256 expected_;
  std::uint64_t offset_ = segments::header_bytes, next_seq_ = 0;
  std::unique_ptr<file::block> block_;
  std::size_t row_ = 0;
  bool whole_ = true, done_ = false;
  sha256_stream hash_;
  std::uint64_t groups_ = 0, row_bytes_ = 0, last_epoch_ = 0;
  timestamp first_at_, last_at_;
};

/// Rows from the last block that is wanted down to the first.
class backward_rows final : public row_source {
 public:
  backward_rows(std::unique_ptr<file> f, std::uint64_t from) : file_(std::move(f)), from_(from), expected_(file_->info().chained) {}

  /// Finds the blocks by their heads; those that begin behind `from_` are left out.
  result<void> index() {
    std::uint64_t expected_seq = file_->info().first_seq;
    for (auto at = std::uint64_t{segments::header_bytes}; at != file_->blocks_end();) {
      auto b = file_->place_at(at);
      if (!b) return b.error();
      const bool first = offsets_.empty();
      if (first ? b->head.first_seq != expected_seq || b->head.previous != file_->info().previous : b->head.first_seq <= expected_seq)
        return file_->damaged(at, "a block does not follow the one before it");
      if (b->head.first_seq > from_) {
        // What follows the first row that is handed out is not read: the head of the next block says what the chain must be there.
        expected_ = b->head.previous;
        last_seq_ = b->head.first_seq - 1;
        return {};
      }
      offsets_.push_back(at);
      expected_seq = b->head.first_seq;
      at = b->next;
    }
    last_seq_ = file_->info().last_seq;
    return offsets_.empty() ? file_->damaged(segments::header_bytes, "it has no block") : result<void>{};
  }

  result<std::optional<stored_row>> next() override {
    for (;;) {
      while (left_ > 0) {
        const auto& row = block_->rows[--left_];
        if (row.first_seq <= from_) return std::optional(row);
      }
      if (offsets_.empty()) return std::optional<stored_row>{};
      TOMNEXT_TRY(load());
    }
  }

 private:
  result<void> load() {
    const auto at = offsets_.back();
    offsets_.pop_back();
    auto b = file_->block_at(at);
    if (!b) return b.error();
    block_ = std::move(*b);
    if (block_->rows.back().last_seq != last_seq_ || block_->rows.back().chained != expected_)
      return file_->damaged(block_->at.next, "a block does not follow the one before it");
    last_seq_ = block_->at.head.first_seq - 1;
    expected_ = block_->at.head.previous;
    left_ = block_->rows.size();
    return {};
  }

  std::unique_ptr<file> file_;
  std::uint64_t from_;
  hash256 expected_;
  std::uint64_t last_seq_ = 0;
  std::vector<std::uint64_t> offsets_;
  std::unique_ptr<file::block> block_;
  std::size_t left_ = 0;
};

std::optional<std::uint64_t> parse_seq(std::string_view digits) {
  std::uint64_t seq = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return bad == std::errc{} && end == digits.data() + digits.size() ? std::optional(seq) : std::nullopt;
}

std::string padded(std::uint64_t seq) {
  const auto digits = std::to_string(seq);
  return std::string(seq_digits - digits.size(), '0') + digits;
}

}  // namespace

std::string segment_name(std::uint64_t first_seq, std::uint64_t last_seq) { return padded(first_seq) + "-" + padded(last_seq) + std::string(segment_suffix); }

result<std::unique_ptr<row_source>> open_segment(const std::string& path, std::uint64_t from_seq) {
  auto f = file::open(path);
  if (!f) return f.error();
  if (from_seq > (*f)->info().last_seq)
    return error(errc::invalid_argument, path + ": ends at event " + std::to_string((*f)->info().last_seq) + ", asked for " + std::to_string(from_seq));
  auto rows = std::make_unique<forward_rows>(std::move(*f), from_seq);
  if (from_seq != 0) TOMNEXT_TRY(rows->seek());
  return std::unique_ptr<row_source>(std::move(rows));
}

result<std::unique_ptr<row_source>> open_segment_backward(const std::string& path, std::uint64_t from_seq) {
  auto f = file::open(path);
  if (!f) return f.error();
  auto rows = std::make_unique<backward_rows>(std::move(*f), from_seq);
  TOMNEXT_TRY(rows->index());
  return std::unique_ptr<row_source>(std::move(rows));
}

result<segment_info> read_segment_info(const std::string& path) {
  auto f = file::open(path);
  if (!f) return f.error();
  return (*f)->info();
}

result<segment_info> verify_segment(const std::string& path, const keep_going& go_on) {
  auto f = file::open(path);
  if (!f) return f.error();
  const auto info = (*f)->info();
  forward_rows rows(std::move(*f), 0);
  for (;;) {
    auto row = rows.next();
    if (!row) return row.error();
    if (!*row) return info;
    if (go_on && !go_on((*row)->last_seq)) return error(errc::cancelled, path + ": cancelled after event " + std::to_string((*row)->last_seq));
  }
}

result<std::vector<segment_file_name>> segments_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<segment_file_name> found;
  std::error_code bad;
  if (!fs::exists(folder, bad) && !bad) return found;
  for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (name.size() != 2 * seq_digits + 1 + segment_suffix.size() || !name.ends_with(segment_suffix) || name[seq_digits] != '-') continue;
    const auto first = parse_seq(std::string_view(name).substr(0, seq_digits));
    const auto last = parse_seq(std::string_view(name).substr(seq_digits + 1, seq_digits));
    if (first && last) found.push_back({*first, *last, it->path().string()});
  }
  if (bad) return error(errc::file_unreadable, folder + ": " + bad.message());
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

}  // namespace tomnext::persistence
