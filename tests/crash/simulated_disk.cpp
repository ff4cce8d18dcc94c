#include "tests/crash/simulated_disk.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tomnext::tests {
namespace fs = std::filesystem;

namespace {
std::string parent_of(const std::string& path) { return fs::path(path).parent_path().generic_string(); }
}  // namespace

std::string_view name_of(survival s) {
  switch (s) {
    case survival::all_written: return "all written bytes there";
    case survival::last_torn: return "the last write torn in half";
    case survival::synced_only: return "unsynced bytes dropped";
    case survival::entries_too: return "unsynced bytes and entries dropped";
  }
  return "?";
}
std::string_view name_of(operation o) {
  static constexpr std::string_view names[] = {"create", "write", "truncate", "sync", "rename", "remove", "make folder", "sync folder", "read"};
  return names[static_cast<std::size_t>(o)];
}

void disk_image::restore(const std::string& folder) const {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& f : folders) fs::create_directories(folder + "/" + f);
  for (const auto& [path, bytes] : files) {
    std::ofstream out(folder + "/" + path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error(path + " cannot be written");
  }
}

disk_image disk_image::of(const std::string& folder) {
  disk_image i;
  for (const auto& e : fs::recursive_directory_iterator(folder)) {
    const auto path = e.path().lexically_relative(folder).generic_string();
    if (e.is_directory()) {
      i.folders.insert(path);
      continue;
    }
    std::ifstream in(e.path(), std::ios::binary);
    i.files[path] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  return i;
}

simulated_disk::simulated_disk(std::string root, disk_lie lie) : root_(std::move(root)), lie_(lie) {
  const auto i = disk_image::of(root_);
  for (const auto& f : i.folders) {
    now_[f] = std::make_shared<file>();
    now_[f]->folder = true;
  }
  for (const auto& [path, bytes] : i.files) {
    now_[path] = std::make_shared<file>();
    now_[path]->written = now_[path]->synced = bytes;
  }
  durable_ = now_;
}

std::string simulated_disk::below(const std::string& path) const {
  auto p = fs::path(path).lexically_normal().lexically_relative(root_).generic_string();
  return p == "." ? std::string() : p;
}

void simulated_disk::fail_at(std::uint64_t number, bool for_good) {
  const std::scoped_lock lock(mutex_);
  operations_ = 0;
  fail_at_ = number;
  for_good_ = for_good;
  failed_.clear();
}
std::uint64_t simulated_disk::operations() const {
  const std::scoped_lock lock(mutex_);
  return operations_;
}
std::string simulated_disk::failed() const {
  const std::scoped_lock lock(mutex_);
  return failed_;
}

bool simulated_disk::begin(operation o, const std::string& path, const file_ref& f, std::string_view bytes, std::size_t offset) {
  const std::scoped_lock lock(mutex_);
  ++operations_;
  if (fail_at_ != 0 && (operations_ == fail_at_ || (for_good_ && operations_ > fail_at_))) {
    if (failed_.empty()) failed_ = std::string(name_of(o)) + " of " + below(path);
    // A sync that fails takes the pages with it: they count as clean from here on, and no later sync writes them.
    if (o == operation::sync && f) f->dirty.clear();
    return false;
  }
  if (o == operation::read || !observer) return true;
  if (o == operation::write) {
    torn_ = f;
    torn_bytes_ = bytes.substr(0, bytes.size() / 2);
    torn_offset_ = offset == append_at_end ? f->written.size() : offset;
  }
  observer(o, below(path));
  torn_.reset();
  return true;
}

disk_image simulated_disk::image(survival s) const {
  const std::scoped_lock lock(mutex_);
  disk_image i;
  const auto& there = s == survival::entries_too ? durable_ : now_;
  for (const auto& [path, f] : there) {
    // A file whose folder is not there is not there.
    bool reachable = true;
    for (auto above = parent_of(path); !above.empty(); above = parent_of(above)) reachable = reachable && there.contains(above);
    if (!reachable) continue;
    if (f->folder) {
      i.folders.insert(path);
      continue;
    }
    auto& bytes = i.files[path] = s == survival::synced_only || s == survival::entries_too ? f->synced : f->written;
    if (s == survival::last_torn && f == torn_) write_into(bytes, torn_bytes_, torn_offset_);
  }
  return i;
}

void simulated_disk::write_into(std::string& s, std::string_view bytes, std::size_t offset) {
  if (s.size() < offset + bytes.size()) s.resize(offset + bytes.size(), '\0');
  s.replace(offset, bytes.size(), bytes);
}

simulated_disk::file_ref simulated_disk::created(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  return now_[below(path)] = std::make_shared<file>();
}
simulated_disk::file_ref simulated_disk::at(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = now_.find(below(path));
  return found == now_.end() ? nullptr : found->second;
}
void simulated_disk::wrote(const file_ref& f, std::string_view bytes, std::size_t offset) {
  const std::scoped_lock lock(mutex_);
  const auto where = offset == append_at_end ? f->written.size() : offset;
  write_into(f->written, bytes, where);
  f->dirty.emplace_back(where, bytes.size());
}
void simulated_disk::truncated(const file_ref& f, std::size_t size) {
  const std::scoped_lock lock(mutex_);
  f->written.resize(size, '\0');
}
void simulated_disk::synced(const file_ref& f) {
  const std::scoped_lock lock(mutex_);
  if (lie_ == disk_lie::syncs_nothing) return;
  for (const auto& [offset, length] : f->dirty)
    if (offset < f->written.size()) write_into(f->synced, std::string_view(f->written).substr(offset, length), offset);
  f->dirty.clear();
  f->synced.resize(f->written.size(), '\0');
}
void simulated_disk::renamed(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  const auto moved = now_.extract(below(from));
  if (!moved.empty()) now_[below(to)] = moved.mapped();
}
void simulated_disk::removed(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  now_.erase(below(path));
}
void simulated_disk::made_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  auto f = std::make_shared<file>();
  f->folder = true;
  now_.emplace(below(path), std::move(f));
}
void simulated_disk::synced_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (lie_ == disk_lie::syncs_no_folder) return;
  const auto folder = below(path);
  std::erase_if(durable_, [&](const auto& entry) { return parent_of(entry.first) == folder && !now_.contains(entry.first); });
  for (const auto& [p, f] : now_)
    if (parent_of(p) == folder) durable_[p] = f;
}

}  // namespace tomnext::tests
