// tomnext log dump: one event as protobuf bytes, for programs that know nothing of tomnext but its .proto.
#include <filesystem>
#include <memory>

#include "actors/app/command_log.hpp"
#include "actors/app/log_reader.hpp"
#include "actors/app/whole_number.hpp"
#include "persistence/checksum.hpp"
#include "persistence/event_message.hpp"
#include "persistence/files.hpp"
#include "persistence/rocksdb_log.hpp"
#include "persistence/wire.hpp"

namespace tomnext::app {
namespace {

struct dump_options {
  std::string directory, file;
  std::uint64_t seq = 0;
  bool payload_only = false;
};

result<event> read_event(const dump_options& o) {
  auto log = persistence::open_log_for_reading(o.directory);
  if (!log) return log.error();
  const auto end = (*log)->head().seq;
  if (o.seq > end)
    return error(errc::invalid_argument, o.directory + ": there is no event " + std::to_string(o.seq) + "; the log ends at " + std::to_string(end));
  auto reader = log_reader::open(**log, o.seq);
  if (!reader) return reader.error();
  auto e = reader->next();
  if (!e) return e.error();
  if (*e == nullptr) return error(errc::log_gap, o.directory + ": event " + std::to_string(o.seq) + " is missing");
  return **e;
}

result<exit_code> run(const dump_options& o, session& s) {
  std::error_code ignored;
  if (!o.file.empty() && std::filesystem::exists(o.file, ignored)) return error(errc::invalid_argument, o.file + ": exists already, and is not written over");
  auto e = read_event(o);
  if (!e) return e.error();
  const auto bytes = o.payload_only ? persistence::encode_to_string(*e) : persistence::event_message(*e);
  const auto message = o.payload_only ? "tomnext." + std::string(event_name(e->head.type)) : std::string("tomnext.event");
  if (!o.file.empty()) TOMNEXT_TRY(persistence::write_durably(o.file, bytes));
  if (s.json) {
    nlohmann::ordered_json j{{"seq", e->head.seq}, {"message", message}, {"size", bytes.size()}};
    if (o.file.empty()) j["bytes_hex"] = persistence::to_hex(bytes);
    else j["out"] = o.file;
    s.out << json_text(j) << '\n';
  } else if (o.file.empty()) {
    s.out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  } else {
    s.out << o.file << ": " << bytes.size() << " bytes, message " << message << '\n';
  }
  s.out.flush();
  if (!s.out) return error(errc::log_io, "the results could not be written to stdout");
  return exit_code::ok;
}

action add_log_dump(CLI::App& app) {
  auto o = std::make_shared<dump_options>();
  app.add_option("DIR", o->directory, "directory of a log")->type_name("")->required();
  app.add_option("SEQ", o->seq, "the event")->check(whole_number(1))->type_name("")->required();
  app.add_flag("--payload", o->payload_only, "the payload alone, without its envelope");
  app.add_option("--out", o->file, "FILE to write; without it the bytes go to stdout")->type_name("FILE");
  return [o](session& s) { return run(*o, s); };
}

}  // namespace

command log_dump_command() {
  return {"dump", "writes one event as protobuf bytes; `log schema` is their .proto", "tomnext log dump results/log 42 --out event.bin", add_log_dump};
}

}  // namespace tomnext::app
