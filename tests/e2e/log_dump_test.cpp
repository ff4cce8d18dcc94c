// `log dump` and `log schema`, read by protoc: a program that knows our .proto and nothing else of us.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "persistence/event_message.hpp"
#include "persistence/wire.hpp"
#include "tests/e2e/live_node.hpp"

using namespace tomnext;
using namespace tomnext::tests;
namespace wire = tomnext::persistence::wire;

namespace {

/// What protoc prints of a message: fields by name, one value a line, and messages inside.
struct printed_message {
  std::map<std::string, std::vector<std::string>> fields;
  std::map<std::string, printed_message> messages;
};

printed_message parse(std::istringstream& lines) {
  printed_message m;
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    line.erase(0, begin);
    if (line == "}") return m;
    if (line.ends_with(" {")) {
      m.messages[line.substr(0, line.size() - 2)] = parse(lines);
      continue;
    }
    const auto colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    m.fields[line.substr(0, colon)].push_back(line.substr(colon + 2));
  }
  return m;
}

/// A quoted string of protobuf's text format as bytes.
std::string unescaped(const std::string& quoted) {
  REQUIRE((quoted.size() >= 2 && quoted.front() == '"' && quoted.back() == '"'));
  std::string bytes;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      bytes += quoted[i];
      continue;
    }
    const char c = quoted[++i];
    if (c >= '0' && c <= '7') {
      bytes += static_cast<char>(std::stoi(quoted.substr(i, 3), nullptr, 8));
      i += 2;
    } else {
      bytes += c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
  }
  return bytes;
}

/// Holds what protoc printed of each field against the field. proto3 prints none that is at its default.
struct comparer {
  const printed_message& printed;
  std::vector<std::string> wrong;
  std::size_t present = 0;

  template <class T> static bool same(const std::string& s, const T& v) {
    if constexpr (std::is_same_v<T, bool>) return s == (v ? "true" : "false");
    else if constexpr (std::is_same_v<T, double>) return std::isnan(v) ? has_text(s, "nan") : std::strtod(s.c_str(), nullptr) == v;
    else if constexpr (std::is_enum_v<T>) return s == std::to_string(static_cast<unsigned>(v));
    else if constexpr (std::is_arithmetic_v<T>) return s == std::to_string(v);
    else if constexpr (std::is_same_v<T, timestamp>) return s == std::to_string(v.ns);
    else if constexpr (std::is_same_v<T, date>) return s == std::to_string(v.days);
    else if constexpr (std::is_same_v<T, currency>) return unescaped(s) == v.code.view();
    else if constexpr (std::is_same_v<T, hash256>) return unescaped(s) == std::string(v.bytes.begin(), v.bytes.end());
    else if constexpr (wire::is_text<T>::value) return unescaped(s) == v.view();
    else return same(s, v.value);
  }
  template <std::uint32_t N, class T> void operator()(field_number<N> number, const char* name, const T& v) {
    std::vector<char> room(64 + sizeof(T));
    wire::writer w{room.data()};
    w(number, name, v);
    const bool expected = w.p != room.data();
    const auto found = printed.fields.find(name);
    bool good = expected == (found != printed.fields.end());
    if (good && expected) {
      ++present;
      const auto& values = found->second;
      if constexpr (wire::is_list<T>::value) {
        good = values.size() == v.size() && std::equal(values.begin(), values.end(), v.begin(), [](const std::string& s, const auto& x) { return same(s, x); });
      } else {
        good = values.size() == 1 && same(values[0], v);
      }
    }
    if (!good) wrong.emplace_back(name);
  }
};

struct protoc {
  const scratch_folder& folder;
  printed_message decode(const std::string& message, const std::string& file) const {
    const auto p = run_process("/bin/sh", {"-c", "protoc --proto_path=" + folder.path() + " --decode=" + message + " log.proto < " + file});
    INFO(message << ": " << p.err);
    REQUIRE(p.exit_code == 0);
    std::istringstream lines(p.out);
    return parse(lines);
  }
};

}  // namespace

TEST_CASE("protoc reads dumped events of every type, envelope and payload, with the exported schema") {
  if (run_process("/bin/sh", {"-c", "command -v protoc"}).exit_code != 0) {
    WARN("skipped: protoc is not installed (package protobuf-compiler)");
    return;
  }
  scratch_folder f;
  f.write("log.proto", tomnext_tool({"log", "schema"}).out);
  const protoc reader{f};
  std::vector<std::string> logs;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_data("logs")))
    // An encrypted one has its keys beside it, and the same types of events.
    if (entry.is_directory() && !std::filesystem::exists(entry.path().string() + ".keys")) logs.push_back(entry.path().string());
  REQUIRE_FALSE(logs.empty());
  std::map<std::uint16_t, unsigned> dumped;
  std::size_t present = 0;
  for (const auto& log : logs) {
    each_event(log, [&](const event& e) {
      // The first of each type has an empty payload; the one after it has what makes it worth reading.
      if (dumped[e.head.type] >= 2) return;
      const auto running = std::to_string(e.head.type) + "-" + std::to_string(++dumped[e.head.type]);
      const auto whole = f / ("event-" + running), part = f / ("payload-" + running);
      REQUIRE(tomnext_tool({"log", "dump", log, std::to_string(e.head.seq), "--out", whole}).exit_code == 0);
      REQUIRE(tomnext_tool({"log", "dump", log, std::to_string(e.head.seq), "--payload", "--out", part}).exit_code == 0);
      const std::string name(event_name(e.head.type));
      const auto envelope = reader.decode("tomnext.event", whole);
      const auto alone = reader.decode("tomnext." + name, part);
      INFO(log << " event " << e.head.seq << ", " << name);
      comparer head{envelope, {}};
      const auto expected = persistence::envelope_of(e.head);
      persistence::event_envelope::describe(head, expected);
      CHECK(head.wrong == std::vector<std::string>{});
      REQUIRE(envelope.messages.size() == 1);
      REQUIRE(envelope.messages.begin()->first == name);
      visit(e, [&]<class E>(const E& payload) {
        for (const auto* printed : {&envelope.messages.begin()->second, &alone}) {
          comparer body{*printed, {}};
          E::describe(body, payload);
          CHECK(body.wrong == std::vector<std::string>{});
          present += body.present;
        }
      });
    });
  }
  CHECK(dumped.size() == all_events::size);
  CHECK(present > 300);
}

TEST_CASE("log dump writes the same bytes to stdout, as hexadecimal, and to a file, and writes over nothing") {
  scratch_folder f;
  const auto log = shipped_data("logs/v1");
  const auto p = tomnext_tool({"log", "dump", log, "2"});
  REQUIRE(p.exit_code == 0);
  REQUIRE_FALSE(p.out.empty());
  REQUIRE(tomnext_tool({"log", "dump", log, "2", "--out", f / "event"}).exit_code == 0);
  CHECK(file_text(f / "event") == p.out);
  std::string hex;
  char digits[3];
  for (const char c : p.out) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits;
  }
  const auto j = json::parse(tomnext_tool({"log", "dump", log, "2", "--json"}).out);
  CHECK(j["bytes_hex"] == hex);
  CHECK(j["message"] == "tomnext.event");
  CHECK(j["size"] == p.out.size());
  const auto payload = json::parse(tomnext_tool({"log", "dump", log, "2", "--payload", "--json"}).out);
  CHECK(payload["message"] == "tomnext.log_declared");
  CHECK(has_text(hex, payload["bytes_hex"].get<std::string>()));
  const auto again = tomnext_tool({"log", "dump", log, "3", "--out", f / "event"});
  CHECK(again.exit_code == 2);
  CHECK(has_text(again.err, "exists already"));
  CHECK(file_text(f / "event") == p.out);
  const auto beyond = tomnext_tool({"log", "dump", log, "289"});
  CHECK(beyond.exit_code == 2);
  CHECK(has_text(beyond.err, "the log ends at 288"));
  CHECK(beyond.out.empty());
  CHECK(tomnext_tool({"log", "dump", log, "0"}).exit_code == 2);
  CHECK(tomnext_tool({"log", "dump", f / "nothing", "1"}).exit_code != 0);
}
