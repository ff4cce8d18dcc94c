#include "persistence/log_keys.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/key_command.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view line_form = "a line is `ID HEX`, with an ID from 1 to 4294967295 and 64 hexadecimal digits, or empty, or a comment that begins with #";

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

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

/// Looks at the file that is open, not at its name: what is checked is what is read.
result<std::size_t> checked_size(int fd, const std::string& path) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) return error(errc::log_key, path + ": " + std::strerror(errno));
  if (!S_ISREG(s.st_mode)) return error(errc::log_key, path + ": keys lie in a regular file, and this is none");
  if (s.st_uid != ::geteuid()) return error(errc::log_key, path + ": the file with the keys belongs to another user; it must be this process's user's");
  if ((s.st_mode & 077) != 0)
    return error(errc::log_key, path + ": others than its owner may read or write the keys; make it `chmod 600`, and give the log a new key if others could read it");
  if (s.st_size > static_cast<off_t>(log_keys_text_max))
    return error(errc::log_key, path + ": has " + std::to_string(s.st_size) + " bytes; keys have at most " + std::to_string(log_keys_text_max));
  return static_cast<std::size_t>(s.st_size);
}

result<void> read_secret_file(const std::string& path, secret_text& text) {
  // Opening a pipe would wait for its other end.
  const descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (d.fd < 0) return error(errc::log_key, path + ": the file with the keys cannot be read: " + std::strerror(errno));
  auto size = checked_size(d.fd, path);
  if (!size) return size.error();
  text.bytes.resize(log_keys_text_max + 1);  // at once: a string that grows leaves copies behind
  std::size_t done = 0;
  while (done < text.bytes.size()) {
    const auto n = ::read(d.fd, text.bytes.data() + done, text.bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(errc::log_key, path + ": " + std::strerror(errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done > log_keys_text_max) return error(errc::log_key, path + ": keys have at most " + std::to_string(log_keys_text_max) + " bytes");
  text.bytes.resize(done);
  return {};
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

secret_text::~secret_text() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

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
    const auto place = std::lower_bound(ring->keys_.begin(), ring->keys_.end(), key->id, [](const auto& k, std::uint32_t id) { return k->id < id; });
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
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), id, [](const auto& k, std::uint32_t wanted) { return k->id < wanted; });
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

result<std::uint32_t> add_key(const std::string& path) {
  secret_text text;
  std::uint32_t id = 1;
  std::error_code bad, not_there;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, not_there));
  if (there) {
    TOMNEXT_TRY(read_secret_file(path, text));
    auto ring = key_ring::parse(text.bytes, path);
    if (!ring) return ring.error();
    if ((*ring)->newest()->id == UINT32_MAX || (*ring)->size() == log_keys_max)
      return error(errc::log_key, path + ": has as many keys, or as high an id, as there can be");
    id = (*ring)->newest()->id + 1;
  }
  log_key made;
  if (RAND_priv_bytes(made.secret.data(), static_cast<int>(made.secret.size())) != 1) return error(errc::log_key, "the system gives no random numbers");
  secret_text out, hex;
  out.bytes.reserve(text.bytes.size() + 256);
  out.bytes = text.bytes;
  if (!out.bytes.empty() && out.bytes.back() != '\n') out.bytes += '\n';
  if (!there) out.bytes += "# Keys of encrypted logs. What they encrypted is lost with them: keep a copy apart from the log and from its backups.\n";
  hex.bytes = to_hex(std::string_view(reinterpret_cast<const char*>(made.secret.data()), made.secret.size()));
  out.bytes += std::to_string(id) + " ";
  out.bytes += hex.bytes;
  out.bytes += '\n';
  if (out.bytes.size() > log_keys_text_max) return error(errc::log_key, path + ": keys have at most " + std::to_string(log_keys_text_max) + " bytes");
  // A link would be replaced by a file, and its target would be without the new key.
  const auto target = there ? std::filesystem::canonical(path, bad).string() : path;
  if (bad) return error(errc::log_key, path + ": " + bad.message());
  TOMNEXT_TRY(there ? write_durably(target, out.bytes) : write_new_durably(target, out.bytes, 0600));
  return id;
}

}  // namespace tomnext::persistence
