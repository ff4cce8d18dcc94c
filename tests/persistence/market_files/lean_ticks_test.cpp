#include <zip.h>

#include <filesystem>
#include <fstream>

#include "persistence/market_files/quote_reader.hpp"
#include "tests/support/matchers.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::has_part;

namespace {

struct folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tomnext-lean-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  folder() { std::filesystem::create_directories(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string zipped(const std::string& name, const std::string& text, int entries = 1) const {
    const auto file = (path / name).string();
    std::filesystem::remove(file);
    int code = 0;
    zip_t* z = zip_open(file.c_str(), ZIP_CREATE, &code);
    for (int i = 0; i < entries; ++i) zip_file_add(z, ("ticks" + std::to_string(i) + ".csv").c_str(), zip_source_buffer(z, text.data(), text.size(), 0), 0);
    zip_close(z);
    return file;
  }
};

struct outcome {
  std::vector<quote_row> rows;
  std::vector<std::string> complaints;
  std::optional<error> failure;
};

outcome read_all(const std::vector<std::string>& files, std::int32_t offset = -300, bad_lines bad = bad_lines::stop) {
  outcome o;
  auto reader = open_lean_ticks(files, offset, bad);
  if (!reader) {
    o.failure = reader.error();
    return o;
  }
  for (quote_row row;;) {
    auto more = (*reader)->next(row);
    if (!more) {
      o.failure = more.error();
      return o;
    }
    if (!*more) return o;
    o.rows.push_back(row);
    if (row.refused != quote_rejection::none) o.complaints.push_back((*reader)->complaint());
  }
}

timestamp at(const char* text) { return *parse_timestamp(text); }

}  // namespace

TEST_CASE("the published day has 58,143 ticks, 4,987 of them crossed", "[market_files]") {
  const auto o = read_all({tests::shipped_data("lean/20140505_quote.zip")});
  REQUIRE_FALSE(o.failure);
  CHECK(o.rows.size() == 58'143);
  CHECK(std::count_if(o.rows.begin(), o.rows.end(), [](const quote_row& r) { return r.bid > r.ask; }) == 4'987);
  CHECK(o.rows[0].time == at("2014-05-05T05:00:03.074Z"));
  CHECK(o.rows[0].bid.value == 1'387'560'000);
  CHECK(o.rows[0].ask.value == 1'387'580'000);
}

TEST_CASE("several days follow each other in the zone that the configuration names", "[market_files]") {
  folder f;
  const auto one = f.zipped("20140505_quote.zip", "0,1.1,1.2\n86399999,1.1,1.2\n"), two = f.zipped("20140506_quote.zip", "0,1.3,1.4");
  const auto o = read_all({one, two}, 90);
  REQUIRE_FALSE(o.failure);
  REQUIRE(o.rows.size() == 3);
  CHECK(o.rows[0].time == at("2014-05-04T22:30:00Z"));
  CHECK(o.rows[1].time == at("2014-05-05T22:29:59.999Z"));
  CHECK(o.rows[2].time == at("2014-05-05T22:30:00Z"));
  auto span = lean_tick_span({one, two}, 90);
  REQUIRE(span);
  CHECK(span->first == o.rows[0].time);
  CHECK(span->last >= o.rows[2].time);
  const auto backwards = read_all({two, one});
  REQUIRE(backwards.failure);
  CHECK_THAT(backwards.failure->message, has_part("20140505_quote.zip") && has_part("order of their dates"));
}

TEST_CASE("bad tick lines stop with file and line, or are reported", "[market_files]") {
  folder f;
  struct sample {
    const char* line;
    const char* says;
  };
  for (const auto& s : std::vector<sample>{{"5,1.1", "2 columns"},
                                           {"5,1.1,1.2,3", "4 columns"},
                                           {"-1,1.1,1.2", "milliseconds"},
                                           {"86400000,1.1,1.2", "milliseconds"},
                                           {"x,1.1,1.2", "milliseconds"},
                                           {"1.5,1.1,1.2", "milliseconds"},
                                           {"5,NaN,1.2", "bid: "},
                                           {"5,1.1,", "ask is empty"},
                                           {"1,1.1,1.2", "before"}}) {
    INFO(s.line);
    const auto file = f.zipped("20140505_quote.zip", std::string("3,1.1,1.2\n") + s.line + "\n9,1.1,1.2\n");
    const auto o = read_all({file});
    REQUIRE(o.failure);
    CHECK(o.failure->code == errc::malformed_line);
    CHECK_THAT(o.failure->message, has_part("20140505_quote.zip:2: ") && has_part(s.says));
    const auto reported = read_all({file}, -300, bad_lines::report);
    CHECK_FALSE(reported.failure);
    CHECK(reported.rows.size() == 3);
    REQUIRE(reported.complaints.size() == 1);
    CHECK_THAT(reported.complaints[0], has_part(s.says));
    CHECK(reported.rows[1].time == reported.rows[0].time);
  }
}

TEST_CASE("zips that are cut, bent, empty or of another make are refused", "[market_files]") {
  folder f;
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += std::to_string(i * 17) + ",1." + std::to_string(10'000 + i * 7919 % 80'000) + ",1.2\n";
  const auto whole = f.zipped("20140505_quote.zip", many);
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const auto copy = (f.path / "20140506_quote.zip").string();
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 53) {
    INFO(cut);
    std::ofstream(copy, std::ios::binary | std::ios::trunc) << bytes.substr(0, cut);
    const auto o = read_all({copy});
    REQUIRE(o.failure);
    CHECK_THAT(o.failure->message, has_part("20140506_quote.zip"));
  }
  std::size_t told = 0, tried = 0;
  for (std::size_t place = 60; place + 120 < bytes.size(); place += 1 + bytes.size() / 53, ++tried) {
    std::string bent = bytes;
    bent[place] = static_cast<char>(bent[place] ^ 0x10);
    std::ofstream(copy, std::ios::binary | std::ios::trunc) << bent;
    told += read_all({copy}).failure.has_value();
  }
  CHECK(told == tried);
  const auto two = read_all({f.zipped("20140507_quote.zip", many, 2)});
  REQUIRE(two.failure);
  CHECK_THAT(two.failure->message, has_part("holds 2 files"));
  for (const char* name : {"quote.zip", "2014050_quote.zip", "20140231_quote.zip"}) {
    const auto o = read_all({f.zipped(name, "1,1.1,1.2\n")});
    REQUIRE(o.failure);
    CHECK_THAT(o.failure->message, has_part("begin with its date"));
  }
}
