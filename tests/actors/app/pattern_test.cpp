#include "actors/app/pattern.hpp"

#include <chrono>
#include <random>
#include <regex>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::app;

namespace {

bool found(const std::string& text, const std::string& line, letter_case letters = letter_case::exact) {
  auto p = pattern::compile(text, letters);
  INFO(text);
  if (!p) FAIL(p.error().message);
  return p->found_in(line);
}

/// Why a pattern is refused; empty where it is not.
std::string refusal(const std::string& text) {
  auto p = pattern::compile(text);
  if (p) return {};
  CHECK(p.error().code == errc::invalid_argument);
  return p.error().message;
}

/// A pattern of the common subset of ours and of the standard library's.
std::string random_pattern(std::mt19937_64& g, int depth) {
  static const std::vector<std::string> atoms{"a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "\\d", "\\w", "1", "-", "\\."};
  static const std::vector<std::string> repetitions{"", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{2,3}"};
  std::string all;
  const auto parts = 1 + g() % 3;
  for (std::size_t i = 0; i < parts; ++i) {
    if (g() % 12 == 0) all += "^";
    all += depth > 0 && g() % 3 == 0 ? "(" + random_pattern(g, depth - 1) + ")" : atoms[g() % atoms.size()];
    all += repetitions[g() % repetitions.size()];
    if (g() % 12 == 0) all += "$";
  }
  return g() % 4 == 0 ? all + "|" + atoms[g() % atoms.size()] : all;
}

}  // namespace

TEST_CASE("patterns mean what they mean elsewhere") {
  CHECK(found("order_(filled|denied)", "#12 2012-02-01T00:00:00Z order_denied order=7"));
  CHECK_FALSE(found("order_(filled|denied)", "order_expired"));
  CHECK(found("^#1[0-9]* ", "#19 x"));
  CHECK_FALSE(found("^#1[0-9]* ", " #19 x"));
  CHECK(found("size=\\d{3,}$", "a size=1000"));
  CHECK_FALSE(found("size=\\d{5,}$", "a size=1000"));
  CHECK_FALSE(found("size=\\d{3}$", "a size=1000"));
  CHECK(found("a{0,2}b", "aaab"));
  CHECK_FALSE(found("^a{0,2}b", "aaab"));
  CHECK(found("[]x]", "]"));
  CHECK(found("[^]x]", "a"));
  CHECK(found("a.b", std::string("a\0b", 3)));
  CHECK(found("1\\.5", "1.5"));
  CHECK_FALSE(found("1\\.5", "1x5"));
  CHECK(found("caf\xc3\xa9", "un caf\xc3\xa9"));
  CHECK(found("x*", ""));
  CHECK(found("^$", ""));
  CHECK_FALSE(found("^$", "a"));
  CHECK(found("FILLED", "order_filled", letter_case::ignored));
  CHECK(found("[A-F]{6}", "abcdef", letter_case::ignored));
  CHECK_FALSE(found("FILLED", "order_filled"));
}

TEST_CASE("patterns find what the standard library's find") {
  std::uint64_t compared = 0, matched = 0;
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
    std::mt19937_64 g(seed);
    const auto text = random_pattern(g, 2);
    auto ours = pattern::compile(text);
    INFO("seed " << seed << ", pattern " << text);
    REQUIRE(ours);
    const std::regex theirs(text, std::regex::ECMAScript);
    for (int i = 0; i < 12; ++i) {
      std::string line;
      for (auto left = g() % 9; left > 0; --left) line += "abc1-.x"[g() % 7];
      INFO("line " << line);
      const bool expected = std::regex_search(line, theirs);
      REQUIRE(ours->found_in(line) == expected);
      ++compared;
      matched += expected ? 1 : 0;
    }
  }
  CHECK(matched * 10 > compared);
  CHECK(matched * 10 < compared * 9);
}

TEST_CASE("what is no pattern, or too large a one, is refused with the place") {
  for (const char* text : {"",          "(",           "(a", "a)",  "()",     "a|",  "|a",      "(a|)",  "[",     "[a",    "[^",      "[z-a]",
                           "[a-\\d]",   "[[:alpha:]]", "*",  "a**", "a*?",    "a+?", "a{2}{3}", "a{",    "a{x}",  "a{,3}", "a{3,2}",  "a{0}",
                           "a{99999}",  "{2}",         "\\", "a\\", "(a)\\1", "\\b", "\\q",     "(?=a)", "(?:a)", "(?!a)", "a{1000}", "((a{30}){30}){30}",
                           "[\xc3\xa9]"}) {
    INFO(text);
    CHECK_FALSE(refusal(text).empty());
  }
  CHECK(refusal("abc[z-a]").find("character 6") != std::string::npos);
  CHECK(refusal("(a)\\1").find("'\\1'") != std::string::npos);
  CHECK_FALSE(refusal(std::string(pattern::bytes_max + 1, 'a')).empty());
  CHECK(refusal(std::string(pattern::bytes_max, 'a')).empty());
  CHECK_FALSE(refusal(std::string(128, '(') + std::string(128, ')')).empty());
  CHECK_FALSE(refusal(std::string(100, '(') + "a" + std::string(100, ')')).empty());
  CHECK(refusal(std::string(60, '(') + "a" + std::string(60, ')')).empty());
}

TEST_CASE("any bytes are a pattern or a refusal") {
  static const std::string bytes = "ab()[]{}|*+?^$\\.-,0123:=d\xc3\xa9\x01";
  std::mt19937_64 g(7);
  std::uint64_t good = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (auto left = g() % 14; left > 0; --left) text += bytes[g() % bytes.size()];
    if (auto p = pattern::compile(text)) {
      ++good;
      (void)p->found_in("ab0-[]()");
    }
  }
  CHECK(good > 1'000);
}

TEST_CASE("patterns that others take exponential time for take none") {
  const auto began = std::chrono::steady_clock::now();
  const std::string line(20'000, 'a');
  for (const char* text : {"(a+)+$x", "(a|aa)+b", "(a*)*b", "(.*a){20}b", "((a?){20}a{20}){10}b", "(a?){250}a{250}b"}) CHECK_FALSE(found(text, line));
  // Backtracking would need longer than the universe has; this needs a second at most, also under a sanitizer and on a busy machine.
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(60));
}
