#include "actors/app/exit_code.hpp"

#include "tests/support/catch.hpp"

using namespace tomnext;
using app::exit_code;
using app::exit_code_of;

TEST_CASE("each band of errors has its exit code") {
  CHECK(exit_code_of(errc::invalid_argument) == exit_code::usage);
  for (auto c : {errc::configuration_syntax, errc::configuration_key, errc::configuration_value, errc::unknown_instrument})
    CHECK(exit_code_of(c) == exit_code::configuration);
  for (auto c : {errc::file_unreadable, errc::file_truncated, errc::malformed_line, errc::unsupported_format, errc::conversion_rate_missing, errc::overflow})
    CHECK(exit_code_of(c) == exit_code::input_data);
  for (auto c : {errc::log_io, errc::log_corrupt, errc::log_gap, errc::log_newer_version, errc::log_full, errc::log_locked, errc::stale_incarnation,
                 errc::decode_failed})
    CHECK(exit_code_of(c) == exit_code::log);
  for (auto c : {errc::actor_down, errc::timed_out, errc::poisonous_input, errc::network_io}) CHECK(exit_code_of(c) == exit_code::service_failed);
  CHECK(exit_code_of(errc::cancelled) == exit_code::cancelled);
}

TEST_CASE("no error ends with success, or with a code that only a command gives") {
  for (int code = 0; code < 1'000; ++code) {
    const auto e = exit_code_of(static_cast<errc>(code));
    CHECK(e != exit_code::ok);
    CHECK(e != exit_code::difference);
    CHECK(e != exit_code::journal_died);
  }
}

TEST_CASE("the help names every code") {
  const auto help = app::exit_code_help();
  for (auto c : {exit_code::ok, exit_code::usage, exit_code::configuration, exit_code::input_data, exit_code::log, exit_code::difference,
                 exit_code::journal_died, exit_code::service_failed, exit_code::cancelled})
    CHECK(help.find(" " + std::to_string(static_cast<int>(c)) + "  ") != std::string::npos);
}
