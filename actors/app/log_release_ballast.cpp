// tomnext log release-ballast: makes room on a full disk.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/progress_line.hpp"
#include "persistence/ballast.hpp"
#include "persistence/rocksdb_log.hpp"

namespace tomnext::app {
namespace {

action add_log_release_ballast(CLI::App& app) {
  auto directory = std::make_shared<std::string>();
  app.add_option("DIR", *directory, "directory of a log; its writer may be at work")->type_name("")->required();
  return [directory](session& s) -> result<exit_code> {
    if (!persistence::log_exists(*directory)) return error(errc::file_unreadable, *directory + ": there is no log here");
    auto released = persistence::release_ballast(*directory);
    if (!released) return released.error();
    if (*released == 0)
      return error(errc::invalid_argument, *directory +
                                               ": there is no ballast here, so no room was made: remove something else from this disk, such as the "
                                               "logs of other runs; node.storage.ballast_bytes says how much a node holds back when it opens its log");
    std::error_code bad;
    const auto room = std::filesystem::space(*directory, bad);
    const auto available = bad ? 0 : room.available;
    if (s.json) {
      s.out << json_text({{"released_bytes", *released}, {"free_bytes", available}}) + "\n";
      return exit_code::ok;
    }
    s.out << fmt::format("released {} bytes; {} are free now\n", grouped(*released), grouped(available))
          << "Next: a node that refused inputs with log_full goes on by itself if as much is free as its node.storage.free_bytes_min (67,108,864 bytes unless\n"
             "configured otherwise); one that ended with log_io is started again.\n"
             "Then make room for good: another disk, or older snapshots and logs of other runs elsewhere. The ballast is made again when the node opens\n"
             "the log and there is room for it.\n";
    return exit_code::ok;
  };
}

}  // namespace

command log_release_ballast_command() {
  return {"release-ballast", "gives up the file that held room back, on a full disk", "tomnext log release-ballast data/log", add_log_release_ballast};
}

}  // namespace tomnext::app
