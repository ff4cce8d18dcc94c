// One line on the terminal that says how far a long job is.
#pragma once
#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "actors/replay/digits.hpp"

namespace tomnext::app {

/// Drawn at most ten times a second, and only where stderr is a terminal; gone when destroyed, so that results stand alone.
class progress_line {
 public:
  /// `total` 0: unknown, so a count and a rate are shown instead of a bar.
  progress_line(std::ostream& err, std::string label, std::string unit, std::uint64_t total = 0);
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  void show(std::uint64_t done);
  /// Takes the line away until it is shown again: before something else is printed.
  void hide();

 private:
  std::ostream& err_;
  std::string label_, unit_;
  std::uint64_t total_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point began_, last_;
};

/// The text of a progress line: "import [#####     ]  50 %  1,000 of 2,000 quotes, 3 s left", or without a total "import  1,000 quotes, 20,000/s".
std::string progress_text(const std::string& label, const std::string& unit, std::uint64_t done, std::uint64_t total, double elapsed_s);
using replay::grouped;

}  // namespace tomnext::app
