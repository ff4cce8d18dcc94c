#include "persistence/log_keys.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <mutex>

#include "persistence/key_file.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view line_form =
    "a line is `ID HEX`, with an ID from 1 to 4294967295 and 64 hexadecimal digits, or empty, or a comment that begins with #";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = s.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view{} : s.substr(first, s.find_last_not_of(blanks) - first + 1);
}

/// False where the line is no key. Blanks were cut off at both ends.
bool parse_line(std::string_view line, log_key& key) {
  const auto* end = line.data() + line.size();
  const auto [after, bad] = std::from_chars(line.data(), end, key.id);
  if (bad != std::errc{} || after == end || (*after != ' ' && *after != '\t')) return false;
  const auto hex = trimmed({after, static_cast<std::size_t>(end - after)});
  if (key.id == 0 || hex.size() != 2 * log_key_bytes) return false;
  for (std::size_t i = 0; i < log_key_bytes; ++i) {
    const int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    key.secret[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return true;
}

result<key_ring_ref> of_environment() {
  const auto set = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  const auto file = set(keys_file_variable), command = set(keys_command_variable), seconds = set(keys_timeout_variable);
  if (!file.empty() && !command.empty())
    return error(errc::log_key, std::string(keys_file_variable) + " and " + keys_command_variable + " are both set; keys come from one of them");
  if (!file.empty()) return key_ring::of_file(file);
  if (command.empty()) return key_ring_ref(std::make_shared<const key_ring>());
  unsigned limit = 10;
  if (!seconds.empty()) {
    const auto* end = seconds.data() + seconds.size();
    const auto [after, bad] = std::from_chars(seconds.data(), end, limit);
    if (bad != std::errc{} || after != end || limit < 1 || limit > 600)
      return error(errc::log_key, std::string(keys_timeout_variable) + ": '" + seconds + "' is no number of seconds from 1 to 600");
  }
  return key_ring::of_command(command, std::chrono::seconds(limit));
}

struct keys_in_use {
  std::mutex mutex;
  bool read = false;
  result<key_ring_ref> keys = key_ring_ref(std::make_shared<const key_ring>());
};
keys_in_use& in_use() {
  static keys_in_use k;
  return k;
}
std::atomic<std::uint64_t> generation{1};

}  // namespace

log_key::~log_key() { OPENSSL_cleanse(secret.data(), secret.size()); }

result<key_ring_ref> key_ring::parse(std::string_view text, const std::string& where) {
  if (text.size() > log_keys_text_max) return error(errc::log_key, where + ": keys have at most " + std::to_string(log_keys_text_max) + " bytes");
  auto ring = std::make_shared<key_ring>();
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto length = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto at = where + ": line " + std::to_string(number) + ": ";
    auto key = std::make_unique<log_key>();
    if (!parse_line(line, *key)) return error(errc::log_key, at + "is no key; " + std::string(line_form));
    if (ring->find(key->id) != nullptr) return error(errc::log_key, at + "key " + std::to_string(key->id) + " is there twice; each id is given once");
    if (ring->keys_.size() == log_keys_max) return error(errc::log_key, at + "there are at most " + std::to_string(log_keys_max) + " keys");
    const auto place = std::lower_bound(ring->keys_.begin(), ring->keys_.end(), key->id, [](const auto& k, std::uint32_t id) { return id > k->id; });
    ring->keys_.insert(place, std::move(key));
  }
  if (ring->empty()) return error(errc::log_key, where + ": there is no key in it; " + std::string(line_form) + ". `tomnext log keygen --out FILE` makes one");
  return key_ring_ref(std::move(ring));
}

result<key_ring_ref> key_ring::of_file(const std::string& path) {
  secret_text text;
  TOMNEXT_TRY(read_secret_file(path, text));
  return parse(text.bytes, path);
}

result<key_ring_ref> key_ring::of_command(const std::string& command, std::chrono::milliseconds deadline) {
  secret_text text;
  TOMNEXT_TRY(output_of(command, deadline, log_keys_text_max, text));
  return parse(text.bytes, "the command for the keys");
}

const log_key* key_ring::find(std::uint32_t id) const {
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), id, [](const auto& k, std::uint32_t wanted) { return wanted > k->id; });
  return at != keys_.end() && (*at)->id == id ? at->get() : nullptr;
}

result<key_ring_ref> process_keys() {
  auto& k = in_use();
  std::scoped_lock lock(k.mutex);
  if (!k.read) k.keys = of_environment();
  k.read = true;
  return k.keys;
}

void use_keys(key_ring_ref keys) {
  auto& k = in_use();
  std::scoped_lock lock(k.mutex);
  k.read = keys != nullptr;
  k.keys = keys != nullptr ? std::move(keys) : std::make_shared<const key_ring>();
  ++generation;
}

std::uint64_t keys_generation() { return generation; }

std::string how_keys_are_given() {
  return std::string("name the file with the keys in the environment variable ") + keys_file_variable + " (or a command that prints them in " +
         keys_command_variable + ")";
}

}  // namespace tomnext::persistence
