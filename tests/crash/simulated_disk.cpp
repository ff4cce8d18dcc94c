#include "tests/crash/simulated_disk.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tomnext::tests {
namespace fs = std::filesystem;

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

simulated_disk::simulated_disk(std::string root, disk_lie lie) : root_(std::move(root)), lie_(lie), top_(std::make_shared<file>()) {
  const auto i = disk_image::of(root_);
  top_->folder = true;
  const auto add = [&](const std::string& path) {
    std::string name;
    auto& entries = entries_at(root_ + "/" + path, name);
    return entries[name] = std::make_shared<file>();
  };
  for (const auto& f : i.folders) add(f)->folder = true;  // in order: a folder comes before what is in it
  for (const auto& [path, bytes] : i.files) {
    const auto f = add(path);
    f->written = f->synced = bytes;
  }
  const auto all_synced = [](const auto& self, file& folder) -> void {
    folder.synced_entries = folder.entries;
    for (const auto& [name, f] : folder.entries) self(self, *f);
  };
  all_synced(all_synced, *top_);
}

simulated_disk::file_ref simulated_disk::find(const std::string& path) const {
  auto f = top_;
  for (const auto& name : fs::path(below(path))) {
    const auto found = f->entries.find(name.string());
    if (found == f->entries.end()) return nullptr;
    f = found->second;
  }
  return f;
}

std::map<std::string, simulated_disk::file_ref>& simulated_disk::entries_at(const std::string& path, std::string& name) const {
  const auto folder = find(fs::path(path).lexically_normal().parent_path().string());
  if (!folder) throw std::runtime_error(path + ": its folder is not on the simulated disk");
  name = fs::path(path).lexically_normal().filename().string();
  return folder->entries;
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

void simulated_disk::add_to(disk_image& i, const file& folder, const std::string& prefix, survival s) const {
  for (const auto& [name, f] : s == survival::entries_too ? folder.synced_entries : folder.entries) {
    const auto path = prefix + name;
    if (f->folder) {
      i.folders.insert(path);
      add_to(i, *f, path + "/", s);
      continue;
    }
    auto& bytes = i.files[path] = s == survival::synced_only || s == survival::entries_too ? f->synced : f->written;
    if (s == survival::last_torn && f == torn_) write_into(bytes, torn_bytes_, torn_offset_);
  }
}

disk_image simulated_disk::image(survival s) const {
  const std::scoped_lock lock(mutex_);
  disk_image i;
  add_to(i, *top_, "", s);
  return i;
}

void simulated_disk::write_into(std::string& s, std::string_view bytes, std::size_t offset) {
  if (s.size() < offset + bytes.size()) s.resize(offset + bytes.size(), '\0');
  s.replace(offset, bytes.size(), bytes);
}

simulated_disk::file_ref simulated_disk::created(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::string name;
  auto& entries = entries_at(path, name);
  return entries[name] = std::make_shared<file>();
}
simulated_disk::file_ref simulated_disk::at(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  return find(path);
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
  std::string old_name, new_name;
  auto moved = entries_at(from, old_name).extract(old_name);
  auto& there = entries_at(to, new_name);
  if (!moved.empty()) there[new_name] = moved.mapped();
}
void simulated_disk::linked(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  std::string name;
  auto& entries = entries_at(to, name);
  entries[name] = find(from);
}
void simulated_disk::removed(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::string name;
  entries_at(path, name).erase(name);
}
void simulated_disk::made_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::string name;
  auto& entries = entries_at(path, name);
  auto f = std::make_shared<file>();
  f->folder = true;
  entries.emplace(name, std::move(f));
}
void simulated_disk::synced_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (lie_ == disk_lie::syncs_no_folder) return;
  if (const auto folder = find(path)) folder->synced_entries = folder->entries;
}

}  // namespace tomnext::tests
