#include "persistence/wire.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "persistence/event_message.hpp"
#include "persistence/json.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
namespace pb = google::protobuf;

namespace {

/// Reads the .proto that we export: "message NAME {", "  [repeated] TYPE NAME = NUMBER;", "  oneof NAME {", "}". The full parser is not in libprotobuf's development
/// package; where protoc is installed, a test compares what it reads with this.
pb::FileDescriptorProto schema() {
  static const std::map<std::string, pb::FieldDescriptorProto::Type> types = {
      {"bool", pb::FieldDescriptorProto::TYPE_BOOL},         {"double", pb::FieldDescriptorProto::TYPE_DOUBLE},
      {"sfixed64", pb::FieldDescriptorProto::TYPE_SFIXED64}, {"bytes", pb::FieldDescriptorProto::TYPE_BYTES},
      {"string", pb::FieldDescriptorProto::TYPE_STRING},     {"sint32", pb::FieldDescriptorProto::TYPE_SINT32},
      {"sint64", pb::FieldDescriptorProto::TYPE_SINT64},     {"uint32", pb::FieldDescriptorProto::TYPE_UINT32},
      {"uint64", pb::FieldDescriptorProto::TYPE_UINT64}};
  pb::FileDescriptorProto file;
  file.set_name("tomnext.proto");
  file.set_package("tomnext");
  file.set_syntax("proto3");
  std::istringstream lines(proto_schema());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, name, equals;
    if (!(words >> first) || first == "//" || first == "}" || first == "syntax" || first == "package") continue;
    if (first == "message") {
      words >> name;
      file.add_message_type()->set_name(name);
      continue;
    }
    auto& message = *file.mutable_message_type()->rbegin();
    if (first == "oneof") {
      words >> name;
      message.add_oneof_decl()->set_name(name);
      continue;
    }
    auto* field = message.add_field();
    field->set_label(first == "repeated" ? pb::FieldDescriptorProto::LABEL_REPEATED : pb::FieldDescriptorProto::LABEL_OPTIONAL);
    if (first == "repeated") words >> first;
    int number = 0;
    words >> name >> equals >> number;
    INFO(line);
    REQUIRE((equals == "=" && number > 0));
    if (first.starts_with(".tomnext.")) {
      field->set_type(pb::FieldDescriptorProto::TYPE_MESSAGE);
      field->set_type_name(first);
      field->set_oneof_index(0);
    } else {
      REQUIRE(types.contains(first));
      field->set_type(types.at(first));
    }
    field->set_name(name);
    field->set_number(number);
  }
  return file;
}

/// libprotobuf's view of our events, from the .proto text that we export.
class peer {
 public:
  peer() { REQUIRE(pool_.BuildFile(schema()) != nullptr); }
  std::unique_ptr<pb::Message> message(const std::string& name) {
    const auto* type = pool_.FindMessageTypeByName("tomnext." + name);
    REQUIRE(type != nullptr);
    return std::unique_ptr<pb::Message>(factory_.GetPrototype(type)->New());
  }

 private:
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_;
};

/// Fields ascend, whatever the map order: our lists have no maps, so the plain serialiser is deterministic.
std::string serialised(const pb::Message& m) {
  std::string s;
  REQUIRE(m.SerializeToString(&s));
  return s;
}

event decoded(std::uint16_t type, const std::string& bytes, bool& good) {
  event e;
  // The bytes lie in a block of exactly their size, so that the sanitizer sees a read beyond it.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  good = decode_payload(type, exact.data(), exact.size(), e);
  return e;
}

std::string varint(std::uint64_t x) {
  char room[10];
  return {room, static_cast<std::size_t>(wire::put_varint(room, x) - room)};
}

/// One field of each wire type, at numbers beyond all of ours.
std::string unknown_field(tests::generator& g) {
  const std::uint64_t number = 200 + g() % 500'000'000;
  switch (g() % 4) {
    case 0: return varint(number << 3) + varint(g() >> g() % 64);
    case 1: return varint(number << 3 | 1) + std::string(8, static_cast<char>(g()));
    case 2: {
      const auto n = g() % 40;
      return varint(number << 3 | 2) + varint(n) + std::string(n, static_cast<char>(g()));
    }
    default: return varint(number << 3 | 5) + std::string(4, static_cast<char>(g()));
  }
}

/// The top-level fields of a canonical payload, each with its tag.
std::vector<std::string> fields_of(const std::string& payload) {
  std::vector<std::string> fields;
  const char* p = payload.data();
  const char* const end = p + payload.size();
  while (p < end) {
    std::uint64_t tag = 0;
    const char* value = wire::get_varint(p, end, tag);
    REQUIRE(value != nullptr);
    const char* next = wire::skip(value, end, tag & 7);
    REQUIRE(next != nullptr);
    fields.emplace_back(p, next);
    p = next;
  }
  return fields;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr int rounds = 2'000;
#else
constexpr int rounds = 10'000;
#endif

}  // namespace

TEST_CASE("protoc reads the exported .proto as we do") {
  if (std::system("protoc --version > /dev/null 2>&1") != 0) {
    WARN("skipped: protoc is not installed (package protobuf-compiler)");
    return;
  }
  const auto folder = std::filesystem::temp_directory_path() / ("tomnext-schema-" + std::to_string(std::random_device()()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "tomnext.proto") << proto_schema();
  const auto command =
      "protoc --proto_path=" + folder.string() + " --descriptor_set_out=" + (folder / "set").string() + " " + (folder / "tomnext.proto").string();
  const int status = std::system(command.c_str());
  std::ifstream in(folder / "set", std::ios::binary);
  pb::FileDescriptorSet set;
  const bool read = set.ParseFromIstream(&in);
  std::filesystem::remove_all(folder);
  REQUIRE(status == 0);
  REQUIRE((read && set.file_size() == 1));
  const auto ours = schema();
  REQUIRE(set.file(0).message_type_size() == static_cast<int>(all_events::size) + 1);
  for (int i = 0; i < ours.message_type_size(); ++i) {
    auto theirs = set.file(0).message_type(i);
    for (auto& field : *theirs.mutable_field()) field.clear_json_name();
    CHECK(theirs.DebugString() == ours.message_type(i).DebugString());
  }
}

TEST_CASE("an event with its envelope has libprotobuf's bytes") {
  peer other;
  tests::generator g(11);
  auto message = other.message("event");
  const auto& reflection = *message->GetReflection();
  const auto* fields = message->GetDescriptor();
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < 50; ++i) {
      auto e = tests::random_event<E>(g, 1 + g() % 1'000'000);
      if (i == 0) e.set(E{});  // an empty payload still says which event it is
      const auto ours = event_message(e);
      if (!message->ParseFromString(ours) || serialised(*message) != ours) FAIL(E::type_name << ": " << to_json(e) << " / " << message->ShortDebugString());
      const auto* payload = fields->FindFieldByName(E::type_name);
      REQUIRE(payload->number() == 1000 + E::type_number);
      REQUIRE(reflection.HasField(*message, payload));
      REQUIRE(serialised(reflection.GetMessage(*message, payload)) == encode_to_string(e));
      REQUIRE(reflection.GetUInt64(*message, fields->FindFieldByName("seq")) == e.head.seq);
      REQUIRE(reflection.GetUInt64(*message, fields->FindFieldByName("correlation")) == e.head.correlation);
      REQUIRE(reflection.GetUInt32(*message, fields->FindFieldByName("type")) == E::type_number);
      REQUIRE(reflection.GetUInt32(*message, fields->FindFieldByName("host")) == e.head.host.value);
      REQUIRE(reflection.GetInt64(*message, fields->FindFieldByName("at")) == e.head.at.ns);
    }
  });
}

TEST_CASE("every event has libprotobuf's bytes, both ways") {
  peer other;
  tests::generator g(1);
  std::size_t compared = 0;
  for_each_event_type([&]<class E>() {
    auto message = other.message(E::type_name);
    for (int i = 0; i < rounds; ++i) {
      const event e(header{}, tests::random_payload<E>(g));
      const auto ours = encode_to_string(e);
      if (!message->ParseFromString(ours)) FAIL(E::type_name << ": libprotobuf refuses " << payload_json(e));
      if (serialised(*message) != ours) FAIL(E::type_name << ": libprotobuf writes it otherwise: " << payload_json(e) << " / " << message->ShortDebugString());
      bool good = false;
      const auto back = decoded(E::type_number, ours, good);
      if (!good || encode_to_string(back) != ours) FAIL(E::type_name << ": does not come back: " << payload_json(e));
      // Equality as C++ sees it, NaN aside.
      if (payload_json(e).find("null") == std::string::npos && !(back.template as<E>() == e.template as<E>()))
        FAIL(E::type_name << ": comes back different: " << payload_json(e));
      ++compared;
    }
  });
  CHECK(compared == static_cast<std::size_t>(rounds) * all_events::size);
}

TEST_CASE("fields beyond ours are passed over, in any order") {
  tests::generator g(2);
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < rounds / 20; ++i) {
      const event e(header{}, tests::random_payload<E>(g));
      const auto canonical = encode_to_string(e);
      auto fields = fields_of(canonical);
      for (auto n = g() % 4; n > 0; --n) fields.push_back(unknown_field(g));
      std::shuffle(fields.begin(), fields.end(), g);
      std::string mixed;
      for (const auto& f : fields) mixed += f;
      bool good = false;
      const auto back = decoded(E::type_number, mixed, good);
      if (!good || encode_to_string(back) != canonical) FAIL(E::type_name << ": " << payload_json(e));
    }
  });
}

TEST_CASE("a field that comes twice counts as its last, lists add up, unpacked lists are read") {
  peer other;
  tests::generator g(3);
  // Twice the same field, as when two messages are concatenated: what libprotobuf makes of it.
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < 50; ++i) {
      auto first = tests::random_payload<E>(g), second = tests::random_payload<E>(g);
      if constexpr (std::is_same_v<E, calendar_defined>) {
        first.boundaries.count /= 2;
        second.boundaries.count /= 2;
      }
      if constexpr (std::is_same_v<E, holidays_defined>) {
        first.dates.count /= 2;
        second.dates.count /= 2;
      }
      if constexpr (std::is_same_v<E, feature_vector_updated>) {
        first.values.count /= 2;
        second.values.count /= 2;
      }
      const auto both = encode_to_string({header{}, first}) + encode_to_string({header{}, second});
      auto message = other.message(E::type_name);
      REQUIRE(message->ParseFromString(both));
      bool good = false;
      const auto back = decoded(E::type_number, both, good);
      if (!good || encode_to_string(back) != serialised(*message)) FAIL(E::type_name);
    }
  });
  calendar_defined c;
  for (int i = 0; i < 32; ++i) REQUIRE(c.boundaries.push_back({i * 7 - 3}));
  std::string unpacked;
  for (const auto& t : c.boundaries) {
    unpacked += varint(4 << 3 | 1);
    unpacked.append(reinterpret_cast<const char*>(&t.ns), 8);
  }
  bool good = false;
  CHECK(decoded(calendar_defined::type_number, unpacked, good).as<calendar_defined>() == c);
  CHECK(good);
  // One more than the list holds is no such event.
  unpacked += unpacked.substr(0, 9);
  (void)decoded(calendar_defined::type_number, unpacked, good);
  CHECK_FALSE(good);
}

TEST_CASE("bytes cut short or made up are refused, or are an event that comes back") {
  tests::generator g(4);
  std::size_t refused = 0, taken = 0;
  auto judge = [&](std::uint16_t type, const std::string& bytes) {
    bool good = false;
    const auto e = decoded(type, bytes, good);
    if (!good) {
      ++refused;
      return;
    }
    ++taken;
    const auto canonical = encode_to_string(e);
    const auto again = decoded(type, canonical, good);
    if (!good || encode_to_string(again) != canonical) FAIL("type " << type << " does not come back");
    (void)to_json(e);
    (void)to_line(e);
  };
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < 3; ++i) {
      const auto whole = encode_to_string({header{}, tests::random_payload<E>(g)});
      for (std::size_t n = 0; n < whole.size(); ++n) judge(E::type_number, whole.substr(0, n));
      for (std::size_t n = 0; n < whole.size(); ++n) {
        auto flipped = whole;
        flipped[n] = static_cast<char>(flipped[n] ^ 1 << g() % 8);
        judge(E::type_number, flipped);
      }
    }
    for (int i = 0; i < 500; ++i) {
      std::string noise(g() % 60, '\0');
      for (auto& c : noise) c = static_cast<char>(g() % 3 == 0 ? g() % 128 : g());
      judge(E::type_number, noise);
    }
  });
  CHECK(refused > 1'000);
  CHECK(taken > 1'000);
}

TEST_CASE("what is no event of its type is refused") {
  bool good = true;
  auto refuses = [&](std::uint16_t type, const std::string& bytes) {
    (void)decoded(type, bytes, good);
    return !good;
  };
  CHECK(refuses(0, ""));
  CHECK(refuses(event_numbers, ""));
  CHECK(refuses(65'535, ""));
  CHECK(refuses(log_declared::type_number, std::string("\x00", 1)));                                             // field number 0
  CHECK(refuses(log_declared::type_number, std::string("\x08\x80\x02", 3)));                                     // an enumeration of 256
  CHECK(refuses(log_declared::type_number, std::string("\x0b", 1)));                                             // a group: not in proto3
  CHECK(refuses(log_declared::type_number, "\x12" + varint(128) + std::string(128, 'a')));                       // text longer than its field
  CHECK(refuses(configuration_set::type_number, "\x0a" + varint(31) + std::string(31, 'a')));                    // a hash of 31 bytes
  CHECK(refuses(host_activated::type_number, "\x10" + varint(std::uint64_t{1} << 32)));                          // more than 32 bits
  CHECK(refuses(host_activated::type_number, std::string("\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11)));  // more than 64 bits
  CHECK(refuses(calendar_defined::type_number, "\x22" + varint(7) + std::string(7, 'a')));                       // no multiple of eight
  CHECK_FALSE(refuses(host_activated::type_number, std::string("\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)));
}

TEST_CASE("an event's fields without its bytes are those that its bytes have, or neither can be remembered") {
  tests::generator g(6);
  std::size_t split = 0, refused = 0;
  for_each_event_type([&]<class E>() {
    for (int i = 0; i < 200; ++i) {
      const event e(header{}, tests::random_payload<E>(g));
      const auto bytes = encode_to_string(e);
      payload_fields of_event, of_bytes;
      const auto size = split_event(e, of_event);
      if (size.has_value() != split_payload(bytes, of_bytes)) FAIL(E::type_name);
      ++(size ? split : refused);
      if (!size) continue;
      std::array<char, remembered_bytes_max> joined;
      const bool alike =
          *size == bytes.size() && of_event.count == of_bytes.count && std::string_view(joined.data(), join_payload(of_event, joined.data())) == bytes;
      if (!alike) FAIL(E::type_name);
    }
  });
  CHECK(split > 0);
  CHECK(refused > 0);
}

TEST_CASE("defaults are absent; the bound is one") {
  tests::generator g(5);
  for_each_event_type([&]<class E>() {
    CHECK(encode_to_string({header{}, E{}}).empty());
    for (int i = 0; i < 200; ++i) {
      const event e(header{}, tests::random_payload<E>(g));
      if (encode_to_string(e).size() > payload_bound(e)) FAIL(E::type_name);
    }
    CHECK(newest_version(E::type_number) == E::schema_version);
  });
  CHECK(newest_version(0) == 0);
  CHECK(newest_version(event_numbers) == 0);
  CHECK(newest_version(65'535) == 0);
}
