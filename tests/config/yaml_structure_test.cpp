#include "config/yaml_structure.hpp"

#include <chrono>

#include "tests/config/load_helper.hpp"

using namespace tomnext;
using namespace tomnext::tests;

namespace {

std::string repeated(const std::string& s, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += s;
  return out;
}

// Refused with the file's name, and in well under the time that anything exponential would take.
std::string refused_quickly(const std::string& text) {
  const auto began = std::chrono::steady_clock::now();
  const auto message = refusal(text);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  CHECK(has_text(message, "test.yaml"));
  return message;
}

}  // namespace

TEST_CASE("what is not YAML is refused with its line") {
  CHECK_REFUSED("a: b\nc: [1, 2\n", "test.yaml:", "");
  CHECK_REFUSED("a: b\n\tc: d\n", "test.yaml:2", "");
  CHECK_REFUSED("a: 'b\n", "test.yaml:", "");
  CHECK_REFUSED("", "test.yaml", "must be a mapping");
  CHECK_REFUSED("[1, 2]", "test.yaml:1", "must be a mapping of keys to values, is a list");
  CHECK_REFUSED("just words", "test.yaml:1", "must be a mapping of keys to values, is a value");
}

TEST_CASE("a key that stands twice is refused, in flow and block, with both lines") {
  CHECK_REFUSED(printed_file + "bars: {}\n", "test.yaml:8", "the key 'bars' stands twice, first in line 2");
  CHECK_REFUSED(edited("fast: 10", "fast: 10, fast: 11"), "test.yaml:7", "the key 'fast' stands twice");
  CHECK(load(edited("fast: 10", "fast: 10, name: fast")));
}

TEST_CASE("keys must be words") {
  CHECK_REFUSED("? {a: b}\n: c\n", "test.yaml:1", "a key must be a single word");
  CHECK_REFUSED("? [a]\n: c\n", "test.yaml:1", "a key must be a single word");
  CHECK_REFUSED("~: c\n", "test.yaml:1", "");
}

TEST_CASE("anchors, aliases and second documents are refused") {
  CHECK_REFUSED("a: &x 1\nb: *x\n", "test.yaml:1", "anchor");
  CHECK_REFUSED("a: &a [*a]\n", "test.yaml:1", "anchor");
  CHECK_REFUSED(printed_file + "---\nb: 2\n", "test.yaml:", "a second document");
  CHECK(load("---\n" + printed_file));
}

TEST_CASE("hostile texts neither hang nor overflow the stack") {
  (void)refused_quickly("a: " + repeated("[", 500'000));
  CHECK(has_text(refused_quickly("a: " + repeated("[", 400'000) + repeated("]", 400'000)), "nested deeper than"));
  (void)refused_quickly(repeated("{a: ", 200'000));
  CHECK(has_text(refused_quickly(repeated("- ", 400'000) + "x"), "nested deeper than"));
  (void)refused_quickly(repeated("? ", 400'000));
  std::string stairs;
  for (std::size_t i = 0; i < 1'000; ++i) stairs += std::string(i, ' ') + "a:\n";
  CHECK(has_text(refused_quickly(stairs), "nested deeper than"));
  // Ten aliases to ten aliases, nine levels down: a thousand million values in 400 bytes.
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated("*a" + std::to_string(i - 1) + ", ", 10) + "]\n";
  CHECK(has_text(refused_quickly(bomb), "anchor"));
  CHECK(has_text(refused_quickly("a: [" + repeated("1,", 300'000) + "]\n"), "more than 100000 values"));
  std::string keys;
  for (int i = 0; i < 40'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  CHECK(has_text(refused_quickly(keys), "unknown key"));
}

TEST_CASE("nesting up to the limit is read") {
  CHECK(config::check_structure(repeated("[", 32) + repeated("]", 32), "x"));
  CHECK_FALSE(config::check_structure(repeated("[", 33) + repeated("]", 33), "x"));
}

TEST_CASE("every prefix of a good file is refused or read, and nothing else") {
  for (std::size_t n = 0; n < printed_file.size(); ++n) (void)load(printed_file.substr(0, n));
  std::size_t read = 0;
  for (std::size_t i = 0; i < printed_file.size(); ++i) {
    auto text = printed_file;
    text[i] = static_cast<char>(text[i] ^ 0x15);
    if (auto d = load(text)) ++read;
    else CHECK(d.error().message.size() < 2'000);
  }
  CHECK(read < printed_file.size());
}
