#include "persistence/snapshots.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <vector>

#include "persistence/bytes.hpp"
#include "persistence/file_cipher.hpp"
#include "persistence/log_encryption.hpp"
#include "persistence/files.hpp"
#include "persistence/seal.hpp"
#include "persistence/system_calls.hpp"

namespace tomnext::persistence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "tomnext-snap";
constexpr std::uint32_t format = 1;
constexpr std::string_view suffix = ".snapshot";
constexpr std::size_t number_digits = 12;
constexpr std::size_t plain_name_bytes_max = 150;

/// Letters, digits, '-' and '_' stand for themselves, all else for %XX: no name leaves the folder, and no two share a file. A very long name is shortened
/// and told apart by its hash; '~' occurs in no other.
std::string file_stem(std::string_view host) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string s;
  for (char c : host) {
    const auto u = static_cast<unsigned char>(c);
    if ((u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '-' || u == '_') s += c;
    else (((s += '%') += digits[u >> 4]) += digits[u & 15]);
  }
  if (s.size() > plain_name_bytes_max) s = s.substr(0, 64) + "~" + to_hex(sha256({host}));
  return s + ".";
}

std::string file_name(const std::string& stem, std::uint64_t number) {
  auto n = std::to_string(number);
  return stem + std::string(number_digits - std::min(number_digits, n.size()), '0') + n + std::string(suffix);
}

struct stored {
  std::uint64_t number;
  std::string path;
};

/// A host's snapshots, the latest put first.
result<std::vector<stored>> files_of(const std::string& folder, const std::string& stem) {
  std::vector<stored> found;
  std::error_code bad;
  if (!fs::exists(folder, bad)) return found;
  for (auto it = fs::directory_iterator(folder, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto name = it->path().filename().string();
    if (!name.starts_with(stem) || !name.ends_with(suffix) || name.size() != stem.size() + number_digits + suffix.size()) continue;
    const auto digits = name.substr(stem.size(), number_digits);
    if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    found.push_back({std::stoull(digits), it->path().string()});
  }
  if (bad) return error(errc::file_unreadable, folder + ": " + bad.message());
  std::sort(found.begin(), found.end(), [](const stored& a, const stored& b) { return a.number > b.number; });
  return found;
}

std::string encode(const snapshot& s) {
  std::string out(magic);
  put_number(out, format);
  put_text(out, s.key.host);
  put_number(out, s.key.service_version);
  put_number(out, s.key.state_version);
  put_number(out, s.key.configuration_hash);
  put_number(out, s.covered);
  put_number(out, s.mark);
  put_number(out, s.at.seq);
  put_number(out, s.at.epoch);
  out += bytes_of(s.at.chain_hash);
  put_number(out, std::uint64_t{s.state.size()});
  out += s.state;
  out += bytes_of(sha256({out}));
  return out;
}

/// The file as it was before it was encrypted.
result<std::string> read_plain(const std::string& path, bool& in_clear) {
  auto bytes = read_file(path, snapshot_state_bytes_max + 4096);
  in_clear = bytes && !is_encrypted_file(*bytes);
  if (!bytes || in_clear) return bytes;
  auto plain = decrypt_file(*bytes, path);
  if (!plain && plain.error().code == errc::log_corrupt) return error(errc::snapshot_invalid, plain.error().message);
  return plain;
}

/// A snapshot of when the log was encrypted already is encrypted itself: one in clear is somebody's who has no key.
result<void> must_be_ours(const std::string& path, bool in_clear, const snapshot& s) {
  if (!in_clear) return {};
  auto e = read_encryption(fs::path(path).parent_path().parent_path().string());
  if (!e) return e.error();
  if (!*e || s.at.seq < (*e)->first_seq) return {};
  return error(errc::snapshot_invalid, path + ": offset 0: the snapshot lies in clear, and the log is encrypted from event " + std::to_string((*e)->first_seq) +
                                           " on: somebody without the key wrote it");
}

/// errc::snapshot_invalid where it is damaged, errc::log_newer_version where it is whole and of a newer build, errc::log_key where its key is not here.
result<snapshot> load(const std::string& path) {
  bool in_clear = false;
  auto bytes = read_plain(path, in_clear);
  if (!bytes) return bytes.error();
  const auto size = bytes->size();
  const auto damaged = error(errc::snapshot_invalid, path + ": offset 0 to " + std::to_string(size) + ": the snapshot is damaged");
  if (size < sizeof(hash256)) return damaged;
  const auto body = std::string_view(*bytes).substr(0, size - sizeof(hash256));
  byte_reader end{std::string_view(*bytes).substr(body.size())};
  if (end.hash() != sha256({body})) return damaged;
  byte_reader r{body};
  if (r.take(magic.size()) != magic) return damaged;
  if (const auto written = r.number<std::uint32_t>(); written != format)
    return error(errc::log_newer_version, path + ": snapshot format " + std::to_string(written) + ", this build knows " + std::to_string(format));
  snapshot s;
  s.key.host = r.text();
  s.key.service_version = r.number<std::uint32_t>();
  s.key.state_version = r.number<std::uint32_t>();
  s.key.configuration_hash = r.number<std::uint64_t>();
  s.covered = r.number<std::uint64_t>();
  s.mark = r.number<std::uint64_t>();
  s.at.seq = r.number<std::uint64_t>();
  s.at.epoch = r.number<std::uint64_t>();
  s.at.chain_hash = r.hash();
  s.state = r.take(r.number<std::uint64_t>());
  if (!r.complete()) return damaged;
  TOMNEXT_TRY(must_be_ours(path, in_clear, s));
  return s;
}

}  // namespace

snapshot_store::snapshot_store(std::string log_directory, std::size_t kept)
    : log_(std::move(log_directory)), folder_(log_ + "/snapshots"), kept_(std::max<std::size_t>(kept, 1)) {}

result<void> snapshot_store::put(const snapshot& s) const {
  if (s.key.host.empty() || s.key.host.size() > host_name_bytes_max)
    return error(errc::invalid_argument,
                 "a snapshot's host has a name of 1 to " + std::to_string(host_name_bytes_max) + " bytes, not " + std::to_string(s.key.host.size()));
  if (s.covered > s.mark || s.mark > s.at.seq)
    return error(errc::invalid_argument, "a snapshot of '" + s.key.host + "': covered " + std::to_string(s.covered) + ", mark " + std::to_string(s.mark) +
                                             " and durable head " + std::to_string(s.at.seq) + " must not descend: it is stored only when its mark is durable");
  if (s.state.size() > snapshot_state_bytes_max)
    return error(errc::invalid_argument,
                 "a state has at most " + std::to_string(snapshot_state_bytes_max) + " bytes, that of '" + s.key.host + "' " + std::to_string(s.state.size()));
  const auto stem = file_stem(s.key.host);
  TOMNEXT_TRY(make_folder(folder_));
  TOMNEXT_TRY(break_seal(log_));
  TOMNEXT_TRY(remove_temporaries(folder_, stem));
  auto older = files_of(folder_, stem);
  if (!older) return older.error();
  // Numbers count puts. By `covered` alone, leftovers of a history that was given up could outrank every snapshot of the present one.
  auto bytes = as_stored_in(log_, encode(s));
  if (!bytes) return bytes.error();
  TOMNEXT_TRY(write_durably(folder_ + "/" + file_name(stem, older->empty() ? 1 : older->front().number + 1), *bytes));
  for (std::size_t i = kept_ - 1; i < older->size(); ++i) TOMNEXT_TRY(remove_durably((*older)[i].path));
  return {};
}

result<std::optional<snapshot>> snapshot_store::newest(const snapshot_key& key, const event_log& log, damaged_snapshot damaged) const {
  auto files = files_of(folder_, file_stem(key.host));
  if (!files) return files.error();
  const auto head = log.head().seq;
  for (const auto& file : *files) {
    auto s = load(file.path);
    if (!s && s.error().code == errc::snapshot_invalid) {
      if (damaged == damaged_snapshot::passed_over) continue;
      TOMNEXT_TRY(break_seal(log_));
      if (calls().rename(file.path.c_str(), (file.path + ".quarantined").c_str()) != 0)
        return error(errc::snapshot_invalid, file.path + ": is damaged and cannot be renamed: " + std::strerror(errno));
      continue;
    }
    if (!s && (s.error().code == errc::log_newer_version || s.error().code == errc::log_key)) continue;
    if (!s) return s.error();
    if (s->key != key || s->mark > head) continue;
    auto ours = log.holds(s->at);
    if (!ours) return ours.error();
    if (*ours) return std::optional<snapshot>(std::move(*s));
  }
  return std::optional<snapshot>{};
}

result<bool> snapshot_store::verify_file(const std::string& path) {
  auto s = load(path);
  if (!s && s.error().code == errc::log_key) return false;
  if (!s && s.error().code != errc::log_newer_version) return s.error();
  return true;
}

result<std::uint64_t> snapshot_store::verify() const {
  std::error_code bad;
  std::uint64_t unread = 0;
  if (!fs::exists(folder_, bad)) return unread;
  for (auto it = fs::directory_iterator(folder_, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    if (!it->path().filename().string().ends_with(suffix)) continue;
    auto read = verify_file(it->path().string());
    if (!read) return read.error();
    if (!*read) ++unread;
  }
  if (bad) return error(errc::file_unreadable, folder_ + ": " + bad.message());
  return unread;
}

result<std::vector<snapshot_entry>> snapshot_store::list() const {
  std::vector<snapshot_entry> found;
  std::error_code bad;
  if (!fs::exists(folder_, bad)) return found;
  for (auto it = fs::directory_iterator(folder_, bad); !bad && it != fs::directory_iterator(); it.increment(bad)) {
    const auto path = it->path().string();
    if (!path.ends_with(suffix)) continue;
    auto s = load(path);
    std::error_code gone;  // a node that runs beside us removes its older ones
    const auto size = it->file_size(gone);
    if (s && !gone) found.push_back({std::move(s->key), s->covered, size});
  }
  if (bad) return error(errc::file_unreadable, folder_ + ": " + bad.message());
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return std::tie(a.key.host, a.covered) < std::tie(b.key.host, b.covered); });
  return found;
}

}  // namespace tomnext::persistence
