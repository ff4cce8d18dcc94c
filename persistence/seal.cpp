#include "persistence/seal.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "persistence/bytes.hpp"
#include "persistence/files.hpp"
#include "persistence/parallel.hpp"
#include "persistence/places.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view seal_magic = "tomnext-seal";
constexpr std::uint32_t seal_format = 1;
constexpr std::size_t seal_bytes_max = std::size_t{1} << 30;

std::uint64_t blocks_of(std::uint64_t size) { return size / seal_block_bytes + (size % seal_block_bytes != 0); }

/// Contents are not among them: of an encrypted log they have a salt each time that they are written.
bool never_changes(const std::string& path) { return path.ends_with(".sst"); }

/// What is no part of what a log says: the seal itself, how far the scrubber is, and room that is held back. They may change beside a closed log.
constexpr std::array<std::string_view, 3> unsealed = {"seal", scrub_file_name, ballast_file_name};

bool is_sealed_kind(const std::string& path) { return std::find(unsealed.begin(), unsealed.end(), path) == unsealed.end(); }

/// Paths below the directory, without those, projections and the archive: those can be deleted, and change while the log is closed. Segments have checksums of
/// their own.
result<std::map<std::string, std::uint64_t>> files_below(const std::string& directory) {
  namespace fs = std::filesystem;
  std::map<std::string, std::uint64_t> found;
  std::error_code bad;
  for (auto it = fs::recursive_directory_iterator(directory, bad); !bad && it != fs::recursive_directory_iterator(); it.increment(bad)) {
    const auto path = it->path().lexically_relative(directory).generic_string();
    if (path == projections_folder_name || path == archive_folder_name) it.disable_recursion_pending();
    if (!it->is_regular_file(bad)) continue;
    const auto size = it->file_size(bad);
    if (bad) break;
    found.emplace(path, size);
  }
  if (bad) return error(errc::file_unreadable, directory + ": " + bad.message());
  for (const auto name : unsealed) found.erase(std::string(name));
  return found;
}

std::string encode(const seal& s) {
  std::string out(seal_magic);
  put_number(out, seal_format);
  put_number(out, s.head.seq);
  put_number(out, s.head.epoch);
  out += bytes_of(s.head.chain_hash);
  put_number(out, static_cast<std::uint32_t>(s.files.size()));
  for (const auto& [path, file] : s.files) {
    put_text(out, path);
    put_number(out, file.size);
    for (auto crc : file.blocks) put_number(out, crc);
  }
  put_number(out, crc32c(out));
  return out;
}

std::optional<seal> decode(std::string_view bytes) {
  byte_reader r{bytes};
  seal s;
  if (r.take(seal_magic.size()) != seal_magic || r.number<std::uint32_t>() != seal_format) return std::nullopt;
  s.head.seq = r.number<std::uint64_t>();
  s.head.epoch = r.number<std::uint64_t>();
  s.head.chain_hash = r.hash();
  for (auto n = r.number<std::uint32_t>(); n > 0 && r.good; --n) {
    auto path = std::string(r.text());
    sealed_file f;
    f.size = r.number<std::uint64_t>();
    const auto crcs = r.take(std::min<std::uint64_t>(blocks_of(f.size), seal_bytes_max) * 4);
    f.blocks.resize(crcs.size() / 4);
    if (!crcs.empty()) std::memcpy(f.blocks.data(), crcs.data(), crcs.size());
    s.files.emplace(std::move(path), std::move(f));
  }
  if (!r.complete()) return std::nullopt;
  return s;
}

}  // namespace

std::string seal_file(const std::string& directory) { return directory + "/seal"; }

result<sealed_file> checksums_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error(errc::file_unreadable, path + ": cannot be opened");
  sealed_file f;
  std::string piece(seal_block_bytes * 64, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto got = std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()));
    for (std::size_t at = 0; at < got.size(); at += seal_block_bytes) f.blocks.push_back(crc32c(got.substr(at, seal_block_bytes)));
    f.size += got.size();
  }
  if (in.bad()) return error(errc::file_unreadable, path + ": offset " + std::to_string(f.size) + ": cannot be read");
  return f;
}

result<void> write_seal(const std::string& directory, const log_head& head, const std::optional<seal>& known) {
  // RocksDB removes files without a word to the folder: after a power cut they would be there again, and this seal would not know them.
  std::error_code bad;
  if (const auto rows = rows_folder(directory); std::filesystem::exists(rows, bad)) TOMNEXT_TRY(sync_folder(rows));
  auto found = files_below(directory);
  if (!found) return found.error();
  seal s;
  s.head = head;
  // A file that was renamed into its place by somebody whose last sync failed is there, and would not be after a power cut.
  std::set<std::string> folders;
  for (const auto& [path, size] : *found) folders.insert(std::filesystem::path(directory + "/" + path).parent_path().string());
  for (const auto& folder : folders) TOMNEXT_TRY(sync_folder(folder));
  for (const auto& [path, size] : *found) {
    const sealed_file* before = known && never_changes(path) && known->files.contains(path) ? &known->files.at(path) : nullptr;
    if (before != nullptr && before->size == size) {
      s.files.emplace(path, *before);
      continue;
    }
    // RocksDB leaves files behind whose sync had failed: what the seal says of them must be true after a power cut, too.
    TOMNEXT_TRY(sync_file(directory + "/" + path));
    auto f = checksums_of(directory + "/" + path);
    if (!f) return f.error();
    s.files.emplace(path, std::move(*f));
  }
  return write_durably(seal_file(directory), encode(s));
}

result<std::optional<seal>> read_seal(const std::string& directory) {
  const auto path = seal_file(directory);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad) && !bad) return std::optional<seal>{};
  auto bytes = read_file(path, seal_bytes_max);
  if (!bytes) return bytes.error();
  std::uint32_t stored = 0;
  const auto body = std::string_view(*bytes).substr(0, bytes->size() < 4 ? 0 : bytes->size() - 4);
  if (bytes->size() >= 4) std::memcpy(&stored, bytes->data() + body.size(), 4);
  auto s = bytes->size() >= 4 && crc32c(body) == stored ? decode(body) : std::nullopt;
  if (!s) return error(errc::log_corrupt, path + ": the seal itself is damaged, somewhere from offset 0 to " + std::to_string(bytes->size()));
  return s;
}

result<void> break_seal(const std::string& directory) { return remove_durably(seal_file(directory)); }

namespace {

result<void> check_sealed_file(const std::string& full, const sealed_file& sealed) {
  auto f = checksums_of(full);
  if (!f) return f.error();
  for (std::size_t i = 0; i < std::min(f->blocks.size(), sealed.blocks.size()); ++i) {
    if (f->blocks[i] == sealed.blocks[i]) continue;
    const auto offset = i * seal_block_bytes;
    return error(errc::log_corrupt, full + ": offset " + std::to_string(offset) + " to " +
                                        std::to_string(std::min<std::uint64_t>(offset + seal_block_bytes, sealed.size) - 1) +
                                        ": these bytes are not what they were when the log was closed");
  }
  if (f->size != sealed.size)
    return error(errc::log_corrupt, full + ": offset " + std::to_string(std::min(f->size, sealed.size)) + ": has " + std::to_string(f->size) +
                                        " bytes, and had " + std::to_string(sealed.size) + " when the log was closed");
  return {};
}

}  // namespace

result<void> check_seal(const std::string& directory, const seal& s, const std::function<bool()>& keep_going, unsigned threads) {
  auto found = files_below(directory);
  if (!found) return found.error();
  std::vector<const std::pair<const std::string, sealed_file>*> files;
  // A seal by a build that did not know them may list them.
  for (const auto& file : s.files)
    if (is_sealed_kind(file.first)) files.push_back(&file);
  auto checked = in_parallel(files.size(), threads, keep_going, [&](std::size_t i, const ask&) -> result<void> {
    const auto& [path, sealed] = *files[i];
    const auto full = directory + "/" + path;
    if (!found->contains(path))
      return error(errc::log_corrupt, full + ": the file is missing; when the log was closed it had " + std::to_string(sealed.size) + " bytes");
    return check_sealed_file(full, sealed);
  });
  if (!checked) return checked.error().code == errc::cancelled ? checked.error().within(directory) : checked.error();
  for (const auto& [path, size] : *found)
    if (path.starts_with("rows/") && !s.files.contains(path))
      return error(errc::log_corrupt, directory + "/" + path + ": the file (" + std::to_string(size) + " bytes) was not there when the log was closed");
  return {};
}

}  // namespace tomnext::persistence
