// Runs a command that prints secrets, for no longer than it may take.
#pragma once
#include <chrono>
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Wiped when it goes.
struct secret_text {
  std::string bytes;
  secret_text() = default;
  secret_text(const secret_text&) = delete;
  secret_text& operator=(const secret_text&) = delete;
  ~secret_text();
};

/// What `/bin/sh -c command` prints, at most `bytes_max` bytes, in a process group of its own that is ended at the deadline. What it says on its standard error
/// goes where ours goes; its standard input is empty. errc::log_key where it cannot be run, takes too long, prints too much, or ends with a status of failure.
result<void> output_of(const std::string& command, std::chrono::milliseconds deadline, std::size_t bytes_max, secret_text& out);

}  // namespace tomnext::persistence
