// Regular expressions over short lines, in time that grows with the line's length only: no pattern hangs a search, and none needs much memory.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/base/result.hpp"

namespace tomnext::app {

enum class letter_case : std::uint8_t { exact, ignored };

/// Literals, `.`, [abc], [^a-z], ( ), |, * + ? {2} {2,} {2,5}, ^ $, and \d \w \s \D \W \S \t or \ before punctuation. Bytes are matched: `.` is one byte.
/// No back-references, look-around or non-greedy forms: they are refused. A pattern is compiled to at most `positions_max` places that a match may be at.
class pattern {
 public:
  static constexpr std::size_t bytes_max = 256, positions_max = 512;
  /// errc::invalid_argument says where the pattern is wrong, and what is allowed.
  static result<pattern> compile(std::string_view text, letter_case letters = letter_case::exact);
  /// Whether it matches anywhere in the line.
  [[nodiscard]] bool found_in(std::string_view line) const;

  /// Bytes, and what stands before the first and behind the last: so ^ and $ are symbols like others.
  static constexpr std::size_t line_begin = 256, line_end = 257, symbols = 258;
  using positions = std::bitset<positions_max>;
  using symbol_class = std::bitset<symbols>;

 private:
  friend class pattern_parser;
  pattern() = default;
  /// Takes one byte; true where a match ends with it.
  bool step(std::size_t symbol, positions& reachable) const;
  /// Passes anchors that hold here, any number of them: they take no byte. True where a match ends with one.
  bool stand_at(const positions& anchors, positions& reachable) const;
  [[nodiscard]] positions behind(const positions& here) const;

  bool matches_nothing_ = false;  ///< matches the empty text, hence every line
  positions first_, last_;
  std::vector<positions> follow_;       ///< by position: where a match may be next
  std::vector<positions> at_;           ///< by symbol: the positions that take it
  std::array<bool, symbols> begins_{};  ///< the symbols that a match may begin with
};

}  // namespace tomnext::app
