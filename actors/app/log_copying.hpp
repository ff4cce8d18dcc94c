// What the commands that copy logs share: how far they are, when they are to stop, and how they name a head.
#pragma once
#include <fmt/format.h>

#include <algorithm>

#include "actors/app/command_log.hpp"
#include "actors/app/interrupts.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/anchor.hpp"
#include "persistence/checksum.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/stored_rows.hpp"

namespace tomnext::app {

/// Runs work(keep_going) with a progress line, until it is done or a signal comes. `total` 0: unknown.
template <class Work> auto with_progress(session& s, const char* label, std::uint64_t total, Work work) {
  interrupts asked;
  progress_line progress(s.err, label, "events", total);
  return work([&](std::uint64_t seq) {
    progress.show(seq);
    return !asked.requested();
  });
}

/// Only the total for the bar: what is wrong with a log is others' to say.
inline std::uint64_t anchored_seq(const std::string& directory) {
  auto anchored = persistence::anchor::read(persistence::anchor_file(directory));
  return anchored ? anchored->seq : 0;
}

inline nlohmann::ordered_json head_json(const persistence::log_head& h) {
  return {{"seq", h.seq}, {"epoch", h.epoch}, {"hash", persistence::to_hex(h.chain_hash)}};
}
inline std::string head_text(const persistence::log_head& h) {
  return fmt::format("  head  {}  seq {}, epoch {}\n", persistence::to_hex(h.chain_hash), h.seq, h.epoch);
}

/// Results that did not reach stdout are an error, as they are in `log cat`.
inline result<exit_code> printed(session& s, const std::string& text, exit_code code = exit_code::ok) {
  s.out << text;
  s.out.flush();
  if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
  return code;
}

}  // namespace tomnext::app
