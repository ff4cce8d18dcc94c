// The keys by which logs are encrypted, as text:
//
//   # a comment; empty lines are passed over
//   ID HEX        ID from 1 to 4294967295, once each; HEX: 64 hexadecimal digits, the 256 bits of the key
//
// The key with the highest ID encrypts what is written, all of them decrypt: a new key is one line more. At most 64 KiB and 1,000 keys.
//
// The ring belongs to the process, as the folder of archives does: whoever reads a group, from wherever, finds its key. It is read when it is first needed,
// from the file that TOMNEXT_LOG_KEYS names, or from the output of the command in TOMNEXT_LOG_KEYS_COMMAND, or is set by use_keys. No key is ever in an
// argument, in a message or in a configuration.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

inline constexpr std::size_t log_key_bytes = 32;
inline constexpr std::size_t log_keys_text_max = std::size_t{64} << 10;
inline constexpr std::size_t log_keys_max = 1'000;

/// The file with the keys; and the command that prints them, with the seconds that it may take (10 unless TOMNEXT_LOG_KEYS_TIMEOUT_S says otherwise).
inline constexpr const char* keys_file_variable = "TOMNEXT_LOG_KEYS";
inline constexpr const char* keys_command_variable = "TOMNEXT_LOG_KEYS_COMMAND";
inline constexpr const char* keys_timeout_variable = "TOMNEXT_LOG_KEYS_TIMEOUT_S";

/// Wiped when it goes.
struct log_key {
  std::uint32_t id{};
  std::array<unsigned char, log_key_bytes> secret{};
  log_key() = default;
  log_key(const log_key&) = delete;
  log_key& operator=(const log_key&) = delete;
  ~log_key();
};

class key_ring {
 public:
  /// errc::log_key with `where`, the line, and what a line may be; never with what it is.
  static result<std::shared_ptr<const key_ring>> parse(std::string_view text, const std::string& where);
  /// The file must be a regular one of this user's, that nobody else may read or write (errc::log_key).
  static result<std::shared_ptr<const key_ring>> of_file(const std::string& path);
  /// What the command prints, by /bin/sh. At the deadline it and what it started are ended: errc::log_key.
  static result<std::shared_ptr<const key_ring>> of_command(const std::string& command, std::chrono::milliseconds deadline);

  /// nullptr where there is none of this id. As long as the ring lives.
  [[nodiscard]] const log_key* find(std::uint32_t id) const;
  /// nullptr where there are no keys.
  [[nodiscard]] const log_key* newest() const { return keys_.empty() ? nullptr : keys_.back().get(); }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  std::vector<std::unique_ptr<log_key>> keys_;  // ascending by id
};
using key_ring_ref = std::shared_ptr<const key_ring>;

/// The keys of this process, never nullptr, and perhaps none. The first call reads what the environment names; the error is that of reading it, each time.
result<key_ring_ref> process_keys();
/// From here on these, whatever the environment says. nullptr: the environment is read again when keys are needed.
void use_keys(key_ring_ref keys);
/// A number that changes with each use_keys: keys derived from the keys of before it are no longer valid.
std::uint64_t keys_generation();
/// How keys are given, for messages.
std::string how_keys_are_given();

/// Makes the file with one new random key, or adds one with the next id to those that it has: a rotation. The new file replaces the old one in one step, and
/// nothing is lost where that is cut off. Returns the new id.
result<std::uint32_t> add_key(const std::string& path);

}  // namespace tomnext::persistence
