// raw clock in this file: a line at a terminal is drawn anew now and then.
#include "actors/app/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace tomnext::app {

namespace {

// "45 s", "3 min 20 s", "2 h 5 min".
std::string time_left(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::min(seconds, 3.6e8) + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3'600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3'600, s / 60 % 60);
}

}  // namespace

std::string progress_text(const std::string& label, const std::string& unit, std::uint64_t done, std::uint64_t total, double elapsed_s) {
  if (total == 0) {
    const auto rate = elapsed_s > 0 ? static_cast<std::uint64_t>(static_cast<double>(done) / elapsed_s) : 0;
    return fmt::format("{}  {} {}, {}/s", label, grouped(done), unit, grouped(rate));
  }
  constexpr std::uint64_t width = 30;
  const auto shown = std::min(done, total);
  const auto share = static_cast<double>(shown) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  auto text = fmt::format("{} [{}{}] {:3.0f} %  {} of {} {}", label, std::string(filled, '#'), std::string(width - filled, ' '), share * 100, grouped(shown),
                          grouped(total), unit);
  if (done > 0 && done < total && elapsed_s > 0) text += ", " + time_left(elapsed_s / share - elapsed_s) + " left";
  return text;
}

progress_line::progress_line(std::ostream& err, std::string label, std::string unit, std::uint64_t total)
    : err_(err),
      label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      began_(std::chrono::steady_clock::now()),
      last_(began_) {}

progress_line::~progress_line() { hide(); }

void progress_line::hide() {
  if (drawn_) err_ << "\r\033[K" << std::flush;
  drawn_ = false;
}

void progress_line::show(std::uint64_t done) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const std::chrono::duration<double> elapsed = now - began_;
  err_ << "\r\033[K" << progress_text(label_, unit_, done, total_, elapsed.count()) << std::flush;
}

}  // namespace tomnext::app
