#include "persistence/archive.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "persistence/files.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/places.hpp"

namespace tomnext::persistence {
namespace {

using names = std::vector<segment_file_name>;

/// Of the segments that hold the event, the one that reaches furthest in the direction.
const segment_file_name* holding(const names& all, std::uint64_t seq, direction where_to) {
  const segment_file_name* best = nullptr;
  for (const auto& s : all) {
    if (s.first_seq > seq || s.last_seq < seq) continue;
    const bool further = best == nullptr || (where_to == direction::forward ? s.last_seq > best->last_seq : s.first_seq < best->first_seq);
    if (further) best = &s;
  }
  return best;
}

result<void> check_name(const segment_file_name& s) {
  auto info = read_segment_info(s.path);
  if (!info) return info.error();
  if (info->first_seq != s.first_seq || info->last_seq != s.last_seq)
    return error(errc::log_corrupt, s.path + ": offset 0: it holds events " + std::to_string(info->first_seq) + " to " + std::to_string(info->last_seq) +
                                        ", its name says otherwise");
  return {};
}

error chain_broken(const std::string& path, const stored_row& row) {
  return {errc::log_corrupt,
          path + ": the group at event " + std::to_string(row.first_seq) + ": the hash chain is broken at the seam: the segment is of another log"};
}

class forward_archive final : public row_source {
 public:
  forward_archive(std::string folder, names all, log_base base, std::uint64_t from)
      : folder_(std::move(folder)), all_(std::move(all)), base_(base), next_(from), from_(from) {
    if (from == 1) expected_ = hash256{};
  }

  result<std::optional<stored_row>> next() override {
    for (;;) {
      if (next_ == base_.first_seq) return end();
      if (!segment_) TOMNEXT_TRY(open());
      auto row = segment_->next();
      if (!row) return row;
      if (!*row) {
        segment_.reset();
        continue;
      }
      TOMNEXT_TRY(check(**row));
      return row;
    }
  }

 private:
  result<void> open() {
    const auto* s = holding(all_, next_, direction::forward);
    if (s == nullptr) return not_archived_here(folder_, next_, base_.first_seq - 1);
    TOMNEXT_TRY(check_name(*s));
    auto rows = open_segment(s->path, next_);
    if (!rows) return rows.error();
    segment_ = std::move(*rows);
    path_ = s->path;
    return {};
  }

  result<void> check(const stored_row& row) {
    const bool first = next_ == from_ && !any_;
    if (first ? row.first_seq > next_ || row.last_seq < next_ : row.first_seq != next_)
      return error(errc::log_corrupt, path_ + ": a group begins at event " + std::to_string(row.first_seq) + " where " + std::to_string(next_) + " is next");
    if (row.last_seq >= base_.first_seq)
      return error(errc::log_corrupt, path_ + ": the group at event " + std::to_string(row.first_seq) + " reaches beyond event " +
                                          std::to_string(base_.first_seq) + ", where the log's rows begin: the segment is of another log");
    if (expected_ && row.previous != *expected_) return chain_broken(path_, row);
    expected_ = row.chained;
    next_ = row.last_seq + 1;
    any_ = true;
    // Its hash is the one that the rows go on from, or the whole way here was another log's.
    if (next_ == base_.first_seq && row.chained != base_.previous) return chain_broken(path_, row);
    return {};
  }

  result<std::optional<stored_row>> end() {
    segment_.reset();
    return std::optional<stored_row>{};
  }

  std::string folder_;
  names all_;
  log_base base_;
  std::uint64_t next_, from_;
  bool any_ = false;
  std::optional<hash256> expected_;
  std::unique_ptr<row_source> segment_;
  std::string path_;
};

class backward_archive final : public row_source {
 public:
  backward_archive(std::string folder, names all, const log_base& base, std::uint64_t from) : folder_(std::move(folder)), all_(std::move(all)), from_(from) {
    if (from_ < base.first_seq) return;
    from_ = base.first_seq - 1;
    expected_ = base.previous;
  }

  result<std::optional<stored_row>> next() override {
    for (;;) {
      if (from_ == 0) return std::optional<stored_row>{};
      if (!segment_) TOMNEXT_TRY(open());
      auto row = segment_->next();
      if (!row) return row;
      if (!*row) {
        segment_.reset();
        continue;
      }
      TOMNEXT_TRY(check(**row));
      return row;
    }
  }

 private:
  result<void> open() {
    const auto* s = holding(all_, from_, direction::backward);
    if (s == nullptr) return not_archived_here(folder_, 1, from_);
    TOMNEXT_TRY(check_name(*s));
    auto rows = open_segment_backward(s->path, from_);
    if (!rows) return rows.error();
    segment_ = std::move(*rows);
    path_ = s->path;
    return {};
  }

  result<void> check(const stored_row& row) {
    if (expected_ ? row.last_seq != from_ : row.first_seq > from_ || row.last_seq < from_)
      return error(errc::log_corrupt, path_ + ": a group ends at event " + std::to_string(row.last_seq) + " where " + std::to_string(from_) + " is next");
    if (expected_ && row.chained != *expected_) return chain_broken(path_, row);
    if (row.first_seq == 1 && row.previous != hash256{}) return chain_broken(path_, row);
    expected_ = row.previous;
    from_ = row.first_seq - 1;
    return {};
  }

  std::string folder_;
  names all_;
  std::uint64_t from_;
  std::optional<hash256> expected_;
  std::unique_ptr<row_source> segment_;
  std::string path_;
};

class decoding_scan final : public log_scan {
 public:
  decoding_scan(std::unique_ptr<row_source> rows, std::string where) : rows_(std::move(rows)), where_(std::move(where)) {}
  result<group_ref> next() override {
    auto row = rows_->next();
    if (!row) return row.error();
    if (!*row) return group_ref{};
    const auto named = where_ + ": archived group at event " + std::to_string((*row)->first_seq);
    auto g = decode_group((*row)->bytes);
    if (!g) return g.error().within(named);
    if (g->events->first_seq() != (*row)->first_seq || g->events->last_seq() != (*row)->last_seq)
      return error(errc::log_corrupt,
                   named + ": it says that it has events " + std::to_string(g->events->first_seq()) + " to " + std::to_string(g->events->last_seq()));
    return std::move(g->events);
  }

 private:
  std::unique_ptr<row_source> rows_;
  std::string where_;
};

/// Of groups, or of rows: whichever comes to its end gives an empty one.
template <class Source, class Item> class joined_source final : public Source {
 public:
  joined_source(std::unique_ptr<Source> first, std::unique_ptr<Source> second) : first_(std::move(first)), second_(std::move(second)) {}
  result<Item> next() override {
    if (first_) {
      auto item = first_->next();
      if (!item || *item) return item;
      first_.reset();
    }
    return second_->next();
  }

 private:
  std::unique_ptr<Source> first_, second_;
};

}  // namespace

std::string archive_folder(const std::string& directory) {
  const char* named = std::getenv(archive_variable);
  return named != nullptr && *named != '\0' ? named : directory + "/" + std::string(archive_folder_name);
}

result<std::uint64_t> archived_from(const std::string& folder, const log_base& base) {
  auto all = segments_in(folder);
  if (!all) return all.error();
  auto first = base.first_seq;
  while (first > 1) {
    const auto* s = holding(*all, first - 1, direction::backward);
    if (s == nullptr) break;
    first = s->first_seq;
  }
  return first;
}

result<void> sync_archive(const std::string& folder, std::uint64_t first_seq, std::uint64_t last_seq) {
  auto all = segments_in(folder);
  if (!all) return all.error();
  for (const auto& s : *all)
    if (s.first_seq <= last_seq && s.last_seq >= first_seq) TOMNEXT_TRY(sync_file(s.path));
  std::error_code bad;
  const auto here = std::filesystem::canonical(folder, bad);
  if (bad) return error(errc::log_io, folder + ": " + bad.message());
  TOMNEXT_TRY(sync_folder(here.string()));
  return sync_folder(here.parent_path().string());
}

error not_archived_here(const std::string& folder, std::uint64_t first_seq, std::uint64_t last_seq) {
  return {errc::log_archived, "events " + std::to_string(first_seq) + " to " + std::to_string(last_seq) + " were archived, and the segment that holds event " +
                                  std::to_string(last_seq) + " is not in " + folder +
                                  ": bring it back there, or name the folder that has it in the environment variable " + archive_variable};
}

result<std::unique_ptr<row_source>> archived_rows(const std::string& folder, const log_base& base, std::uint64_t from_seq, direction where_to) {
  auto all = segments_in(folder);
  if (!all) return all.error();
  if (where_to == direction::backward) return std::unique_ptr<row_source>(std::make_unique<backward_archive>(folder, std::move(*all), base, from_seq));
  const auto from = std::max<std::uint64_t>(from_seq, 1);
  auto here = archived_from(folder, base);
  if (!here) return here.error();
  if (from < *here) return not_archived_here(folder, from, *here - 1);
  return std::unique_ptr<row_source>(std::make_unique<forward_archive>(folder, std::move(*all), base, std::min(from, base.first_seq)));
}

std::unique_ptr<log_scan> decoded(std::unique_ptr<row_source> rows, std::string where) {
  return std::make_unique<decoding_scan>(std::move(rows), std::move(where));
}

std::unique_ptr<log_scan> joined(std::unique_ptr<log_scan> first, std::unique_ptr<log_scan> second) {
  return std::make_unique<joined_source<log_scan, group_ref>>(std::move(first), std::move(second));
}

std::unique_ptr<row_source> joined(std::unique_ptr<row_source> first, std::unique_ptr<row_source> second) {
  return std::make_unique<joined_source<row_source, std::optional<stored_row>>>(std::move(first), std::move(second));
}

result<std::optional<hash256>> archived_chain_at(const std::string& folder, std::uint64_t seq) {
  auto all = segments_in(folder);
  if (!all) return all.error();
  const auto* s = holding(*all, seq, direction::backward);
  if (s == nullptr) return not_archived_here(folder, seq, seq);
  TOMNEXT_TRY(check_name(*s));
  auto rows = open_segment_backward(s->path, seq);
  if (!rows) return rows.error();
  auto row = (*rows)->next();
  if (!row) return row.error();
  return *row && (*row)->last_seq == seq ? std::optional<hash256>((*row)->chained) : std::nullopt;
}

}  // namespace tomnext::persistence
