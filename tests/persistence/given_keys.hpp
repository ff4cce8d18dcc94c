// Keys of this process for as long as a test wants them; then it has none again, whatever the environment says.
#pragma once
#include <string>

#include "persistence/checksum.hpp"
#include "persistence/log_keys.hpp"
#include "tests/persistence/log_fixture.hpp"

namespace tomnext::tests {

/// A line of a key file: the same digits for the same number.
inline std::string key_line(unsigned id, unsigned digits) {
  std::string secret;
  for (unsigned i = 0; i < persistence::log_key_bytes; ++i) secret += static_cast<char>((digits * 37 + i * 11) & 255u);
  return std::to_string(id) + " " + persistence::to_hex(std::string_view(secret)) + "\n";
}

class given_keys {
 public:
  /// `text`: as in a key file; none where it is empty.
  explicit given_keys(const std::string& text) { set(text); }
  given_keys() : given_keys(key_line(1, 1)) {}
  ~given_keys() { set(""); }
  given_keys(const given_keys&) = delete;
  given_keys& operator=(const given_keys&) = delete;
  static void set(const std::string& text) {
    persistence::use_keys(text.empty() ? std::make_shared<const persistence::key_ring>() : must(persistence::key_ring::parse(text, "the test's keys")));
  }
};

}  // namespace tomnext::tests
