// Folders that go when the test ends, small groups, and files with single bits flipped.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"
#include "tests/support/catch.hpp"

namespace tomnext::tests {

namespace fs = std::filesystem;

class temporary_folder {
 public:
  temporary_folder() {
    static std::atomic<int> running{0};
    path_ = fs::temp_directory_path() / ("tomnext-test-" + std::to_string(::getpid()) + "-" + std::to_string(++running));
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string operator/(const std::string& below) const { return (path_ / below).string(); }

 private:
  fs::path path_;
};

/// The quote that stands at this seq of every test log: what comes back can be told from what was put.
inline event quote_at(std::uint64_t seq) {
  quote_accepted q;
  q.instrument.value = 1 + static_cast<std::uint32_t>(seq % 3);
  q.bid.value = static_cast<std::int64_t>(1'000'000'000 + seq * 1'000);
  q.ask.value = q.bid.value + 20'000;
  q.source_time.ns = static_cast<std::int64_t>(seq) * 1'000'000;
  q.source_position = seq;
  header h;
  h.seq = h.correlation = seq;
  h.at.ns = static_cast<std::int64_t>(seq) * 1'000'000;
  h.host.value = 1;
  return {h, q};
}

inline persistence::group_ref group_of(std::uint64_t first, std::uint64_t count, std::uint64_t epoch) {
  auto g = std::make_shared<persistence::group>();
  g->epoch = epoch;
  for (std::uint64_t seq = first; seq < first + count; ++seq) g->events.push_back(quote_at(seq));
  return g;
}

/// Appends `groups` groups of `count` quotes each, one commit a group.
inline persistence::log_head extend(persistence::event_log& log, std::uint64_t groups, std::uint64_t count) {
  auto head = log.head();
  for (std::uint64_t i = 0; i < groups; ++i) {
    const persistence::group_ref g = group_of(head.seq + 1, count, std::max<std::uint64_t>(head.epoch, 1));
    auto appended = log.append({&g, 1});
    if (!appended) FAIL(appended.error().message);
    head = *appended;
  }
  return head;
}

/// Reads from there to the end and checks that each event is the quote of its seq. The last seq, or an error.
inline result<std::uint64_t> read_quotes(const persistence::event_log& log, std::uint64_t from) {
  auto walk = log.scan(from);
  if (!walk) return walk.error();
  std::uint64_t expected = 0;
  for (;;) {
    auto g = (*walk)->next();
    if (!g) return g.error();
    if (!*g) return expected == 0 ? 0 : expected - 1;
    if (expected == 0) expected = (*g)->first_seq();
    for (const auto& e : (*g)->events) {
      if (e.head.seq != expected || !(e.as<quote_accepted>() == quote_at(expected).as<quote_accepted>()))
        return error(errc::log_corrupt, "event " + std::to_string(expected) + " is another");
      ++expected;
    }
  }
}

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void spill(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }
inline void flip_bit(const std::string& path, std::size_t offset, unsigned bit) {
  std::fstream f(path, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(static_cast<std::streamoff>(offset));
  const char c = static_cast<char>(f.get() ^ 1 << bit);
  f.seekp(static_cast<std::streamoff>(offset));
  f.put(c);
}
inline void copy_folder(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}
/// Paths below the folder, with their sizes and times of change: what a reader must leave alone.
inline std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> fingerprint(const std::string& folder) {
  std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    found[entry.path().string()] = {entry.is_regular_file() ? entry.file_size() : 0, entry.last_write_time()};
  return found;
}
inline std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) found.push_back(entry.path().lexically_relative(folder).string());
  std::sort(found.begin(), found.end());
  return found;
}

template <class T> T must(result<T> r) {
  if (!r) FAIL(r.error().message);
  return std::move(*r);
}
inline void must(const result<void>& r) {
  if (!r) FAIL(r.error().message);
}

}  // namespace tomnext::tests
