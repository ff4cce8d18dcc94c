#include "persistence/backup_manifest.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/segment.hpp"

namespace tomnext::persistence {
namespace {

using json = nlohmann::ordered_json;
constexpr std::uint64_t manifest_format = 2;
constexpr std::size_t manifest_bytes_max = std::size_t{256} << 20;

json as_json(const backup_manifest& m) {
  json segments = json::array(), contents = json::array();
  for (const auto& s : m.segments)
    segments.push_back({{"name", segment_name(s.first_seq, s.last_seq)},
                        {"first_seq", s.first_seq},
                        {"last_seq", s.last_seq},
                        {"bytes", s.bytes},
                        {"sha256", to_hex(s.sha256)},
                        {"chained", to_hex(s.chained)}});
  for (const auto& [name, bytes] : m.contents) contents.push_back({{"name", name}, {"bytes", bytes}});
  json j{{"format", m.encryption ? manifest_format : 1},
         {"taken_at", to_string(m.taken_at)},
         {"head", {{"seq", m.head.seq}, {"epoch", m.head.epoch}, {"hash", to_hex(m.head.chain_hash)}}},
         {"segments", std::move(segments)},
         {"content", std::move(contents)}};
  if (m.encryption) j["encryption"] = to_hex(std::string_view(encode_encryption(*m.encryption)));
  return j;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string encode(const backup_manifest& m) {
  const auto body = as_json(m).dump();
  return R"({"manifest":)" + body + R"(,"sha256":")" + to_hex(sha256({body})) + "\"}\n";
}

hash256 hash_of(const json& j) {
  auto h = parse_hash(j.get<std::string>());
  if (!h) throw std::invalid_argument(h.error().message);
  return *h;
}

/// Throws what nlohmann::json throws, or std::invalid_argument.
backup_manifest parsed(const json& j) {
  backup_manifest m;
  auto at = parse_timestamp(j.at("taken_at").get<std::string>());
  if (!at) throw std::invalid_argument(at.error().message);
  m.taken_at = *at;
  const auto& head = j.at("head");
  m.head = {head.at("seq").get<std::uint64_t>(), head.at("epoch").get<std::uint64_t>(), hash_of(head.at("hash"))};
  for (const auto& s : j.at("segments"))
    m.segments.push_back({s.at("first_seq").get<std::uint64_t>(), s.at("last_seq").get<std::uint64_t>(), s.at("bytes").get<std::uint64_t>(),
                          hash_of(s.at("sha256")), hash_of(s.at("chained"))});
  for (const auto& c : j.at("content")) m.contents.emplace(to_hex(hash_of(c.at("name"))), c.at("bytes").get<std::uint64_t>());
  if (j.contains("encryption")) {
    auto e = decode_encryption(from_hex(j.at("encryption").get<std::string>()), "how the log is encrypted");
    if (!e) throw std::invalid_argument(e.error().message);
    m.encryption = std::move(*e);
  }
  return m;
}

}  // namespace

std::string manifest_file(const std::string& target) { return target + "/manifest.json"; }
std::string segments_folder(const std::string& target) { return target + "/segments"; }
std::string segment_path(const std::string& target, const backup_segment& s) { return segments_folder(target) + "/" + segment_name(s.first_seq, s.last_seq); }

result<std::optional<backup_manifest>> read_manifest(const std::string& target) {
  const auto path = manifest_file(target);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad) && !bad) return std::optional<backup_manifest>{};
  auto bytes = read_file(path, manifest_bytes_max);
  if (!bytes) return bytes.error();
  const auto damaged = [&](const std::string& why) { return error(errc::log_corrupt, path + ": the manifest is damaged: " + why); };
  try {
    const auto j = json::parse(*bytes);
    const auto& body = j.at("manifest");
    if (hash_of(j.at("sha256")) != sha256({body.dump()})) return damaged("its SHA-256 does not match");
    // Only now is what it says of itself believed.
    const auto written = body.at("format").get<std::uint64_t>();
    if (written > manifest_format)
      return error(errc::log_newer_version, path + ": format " + std::to_string(written) + " is newer than this build's " + std::to_string(manifest_format));
    auto m = parsed(body);
    // What a parser passes over (blanks, the case of a digit) was not written by us.
    if (encode(m) != *bytes) return damaged("it is not as it was written");
    return std::optional(std::move(m));
  } catch (const std::exception& e) { return damaged(e.what()); }
}

result<void> write_manifest(const std::string& target, const backup_manifest& m) { return write_durably(manifest_file(target), encode(m)); }

result<file_digest> digest_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error(errc::file_unreadable, path + ": cannot be opened");
  sha256_stream hash;
  file_digest d;
  std::string piece(std::size_t{1} << 20, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto got = std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount()));
    hash.add(got);
    d.bytes += got.size();
  }
  if (in.bad()) return error(errc::file_unreadable, path + ": offset " + std::to_string(d.bytes) + ": cannot be read");
  d.sha256 = hash.finish();
  return d;
}

}  // namespace tomnext::persistence
