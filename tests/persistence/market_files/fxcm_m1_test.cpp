#include <zlib.h>

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
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tomnext-fxcm-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  folder() { std::filesystem::create_directories(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return (path / name).string();
  }
  std::string zipped(const std::string& name, std::string_view text) const {
    const auto file = (path / name).string();
    gzFile f = gzopen(file.c_str(), "wb");
    gzwrite(f, text.data(), static_cast<unsigned>(text.size()));
    gzclose(f);
    return file;
  }
};

const std::string head_line = "timestamp,open,high,low,close\n";
const std::string bids = head_line + "2012-02-01 00:00:00+00:00,1.5,1.7,1.4,1.6\n2012-02-01 00:01:00+00:00,1.61,1.71,1.41,1.62\n";
const std::string asks = head_line + "2012-02-01 00:00:00+00:00,1.5002,1.7002,1.4002,1.6002\n2012-02-01 00:01:00+00:00,1.6102,1.7102,1.4102,1.6202\n";

struct outcome {
  std::vector<quote_row> rows;
  std::vector<std::string> complaints;
  std::optional<error> failure;
};

outcome read_all(const std::string& bid, const std::string& ask, bad_lines bad = bad_lines::stop, bar_stamp stamp = bar_stamp::open,
                 minute_form form = minute_form::quotes) {
  outcome o;
  auto reader = open_fxcm_m1(bid, ask, stamp, bad, form);
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
    if (!o.rows.empty()) CHECK(row.time >= o.rows.back().time);
    o.rows.push_back(row);
    if (row.refused != quote_rejection::none) o.complaints.push_back((*reader)->complaint());
  }
}

timestamp at(const char* text) { return *parse_timestamp(text); }

}  // namespace

TEST_CASE("a minute becomes its open, high, low and close before its close", "[market_files]") {
  folder f;
  const auto o = read_all(f.write("b.csv", bids), f.write("a.csv", asks));
  REQUIRE_FALSE(o.failure);
  REQUIRE(o.rows.size() == 8);
  CHECK(o.rows[0].time == at("2012-02-01T00:00:59.7Z"));
  CHECK(o.rows[1].time == at("2012-02-01T00:00:59.8Z"));
  CHECK(o.rows[2].time == at("2012-02-01T00:00:59.9Z"));
  CHECK(o.rows[3].time == at("2012-02-01T00:01:00Z"));
  CHECK(o.rows[0].bid.value == 1'500'000'000);
  CHECK(o.rows[1].ask.value == 1'700'200'000);
  CHECK(o.rows[2].bid.value == 1'400'000'000);
  CHECK(o.rows[7].ask.value == 1'620'200'000);
  // Stamped at the close, the same file is one minute earlier.
  const auto closes = read_all(f.write("b.csv", bids), f.write("a.csv", asks), bad_lines::stop, bar_stamp::close);
  CHECK(closes.rows[3].time == at("2012-02-01T00:00:00Z"));
  auto span = fxcm_m1_span(f.write("b.csv", bids), f.write("a.csv", asks), bar_stamp::open);
  REQUIRE(span);
  CHECK(span->first == o.rows.front().time);
  CHECK(span->last == o.rows.back().time);
}

TEST_CASE("for comparisons a minute becomes the bar of its bids, and then its closing quote", "[market_files]") {
  folder f;
  const auto o = read_all(f.write("b.csv", bids), f.write("a.csv", asks), bad_lines::stop, bar_stamp::open, minute_form::bar_and_quote);
  REQUIRE_FALSE(o.failure);
  REQUIRE(o.rows.size() == 4);
  const auto& bar = o.rows[0];
  CHECK((bar.is_bar && bar.time == at("2012-02-01T00:01:00Z")));
  CHECK((bar.open.value == 1'500'000'000 && bar.high.value == 1'700'000'000 && bar.low.value == 1'400'000'000 && bar.bid.value == 1'600'000'000));
  CHECK(bar.ask.value == 0);
  const auto& quote = o.rows[1];
  CHECK((!quote.is_bar && quote.time == bar.time && quote.bid.value == 1'600'000'000 && quote.ask.value == 1'600'200'000));
  CHECK((o.rows[2].is_bar && !o.rows[3].is_bar && o.rows[3].ask.value == 1'620'200'000));
}

TEST_CASE("gzip, carriage returns, a missing last newline, other columns and their order are read", "[market_files]") {
  folder f;
  const auto plain = read_all(f.write("b.csv", bids), f.write("a.csv", asks));
  std::string dos;
  for (char c : bids) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::string other =
      "volume,close,low,high,open,timestamp\n9,1.6002,1.4002,1.7002,1.5002,2012-02-01T00:00:00Z\n"
      "9,1.6202,1.4102,1.7102,1.6102,2012-02-01 01:01:00+01:00";
  const auto o = read_all(f.zipped("b.csv.gz", dos), f.write("a.csv", other));
  REQUIRE_FALSE(o.failure);
  REQUIRE(o.rows.size() == plain.rows.size());
  for (std::size_t i = 0; i < o.rows.size(); ++i)
    CHECK((o.rows[i].time == plain.rows[i].time && o.rows[i].bid == plain.rows[i].bid && o.rows[i].ask == plain.rows[i].ask));
}

TEST_CASE("the shipped month has 120,468 quotes", "[market_files]") {
  const auto o = read_all(tests::shipped_data("fxcm/gbpusd-m1-bid-2012.csv.gz"), tests::shipped_data("fxcm/gbpusd-m1-ask-2012.csv.gz"));
  CHECK_FALSE(o.failure);
  CHECK(o.rows.size() == 120'468);
}

TEST_CASE("bad lines stop with file, line, what is wrong and what is allowed", "[market_files]") {
  folder f;
  const auto good = f.write("a.csv", asks);
  struct sample {
    const char* line;
    const char* says;
  };
  const std::vector<sample> samples{
      {"2012-02-01 00:01:00+00:00,1.61,1.71,nan,1.62", "low: "},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,,1.62", "low is empty"},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41", "4 columns"},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41,1.62,7", "6 columns"},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41,1.6e2", "close: "},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41,1.1234567891", "close: "},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41,99999999999999999999", "close: "},
      {"2012-02-01 00:01:00+00:00,1.61,1.71,1.41,1.62 ", "close: "},
      {"2012-02-30 00:01:00+00:00,1.61,1.71,1.41,1.62", "timestamp: "},
      {"2012-02-01 00:01:00,1.61,1.71,1.41,1.62", "timestamp: "},
      {"2012-02-01 24:01:00+00:00,1.61,1.71,1.41,1.62", "timestamp: "},
      {"2012-02-01 00:00:00+00:00,1.61,1.71,1.41,1.62", "is not after"},
      {"2012-01-31 23:59:00+00:00,1.61,1.71,1.41,1.62", "is not after"},
      {"2012-02-01 00:02:00+00:00,1.61,1.71,1.41,1.62", "is missing in"},
      {"", "1 columns"},
  };
  for (const auto& s : samples) {
    INFO(s.line);
    const auto bad = f.write("b.csv", head_line + "2012-02-01 00:00:00+00:00,1.5,1.7,1.4,1.6\n" + s.line + "\n");
    const auto o = read_all(bad, good);
    REQUIRE(o.failure);
    CHECK(o.failure->code == errc::malformed_line);
    CHECK_THAT(o.failure->message, has_part(".csv:3: ") && has_part(s.says));
    CHECK(o.rows.size() == 4);
    // Reported instead, nothing is lost in silence: the good minute, the bad line, and whatever has no partner any more.
    const auto reported = read_all(bad, good, bad_lines::report);
    CHECK_FALSE(reported.failure);
    REQUIRE_FALSE(reported.complaints.empty());
    CHECK_THAT(reported.complaints[0], has_part(".csv:3: ") && has_part(s.says));
    CHECK(reported.rows.size() == 4 + reported.complaints.size());
  }
}

TEST_CASE("a minute without its partner is told of either file", "[market_files]") {
  folder f;
  const std::string short_asks = asks.substr(0, asks.find("2012-02-01 00:01"));
  const auto o = read_all(f.write("b.csv", bids), f.write("a.csv", short_asks));
  REQUIRE(o.failure);
  CHECK_THAT(o.failure->message, has_part("b.csv:3") && has_part("missing in") && has_part("a.csv"));
  const auto other = read_all(f.write("b.csv", short_asks), f.write("a.csv", asks));
  REQUIRE(other.failure);
  CHECK_THAT(other.failure->message, has_part("a.csv:3"));
}

TEST_CASE("wrong headers are refused at once", "[market_files]") {
  folder f;
  const auto good = f.write("a.csv", asks);
  for (const auto& text : {std::string(), std::string("time,open,high,low,close\n"), std::string("timestamp,open,high,close\n"),
                           std::string("2012-02-01 00:00:00+00:00,1,2,1,2\n"), std::string("timestamp,open,high,low,close,open\n")}) {
    const auto o = read_all(f.write("b.csv", text), good);
    REQUIRE(o.failure);
    CHECK(o.failure->code == errc::unsupported_format);
    CHECK_THAT(o.failure->message, has_part("b.csv") && has_part("the header must name timestamp, open, high, low, close"));
  }
}

TEST_CASE("a damaged gzip file is told as such, wherever it is cut or bent", "[market_files]") {
  folder f;
  std::string many = head_line;
  for (int i = 0; i < 600; ++i) {
    char line[80];
    std::snprintf(line, sizeof line, "2012-02-01 %02d:%02d:00+00:00,1.%05d,1.7,1.4,1.6\n", i / 60, i % 60, i * 7919 % 99'999);
    many += line;
  }
  const auto whole = f.zipped("whole.csv.gz", many);
  const auto good = f.write("a.csv", many);
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 97) {
    INFO(cut);
    const auto o = read_all(f.write("b.csv.gz", bytes.substr(0, cut)), good);
    REQUIRE(o.failure);
    CHECK((o.failure->code == errc::file_truncated || (cut == 0 && o.failure->code == errc::unsupported_format)));
    CHECK_THAT(o.failure->message, has_part("b.csv.gz"));
  }
  for (std::size_t place = 20; place < bytes.size(); place += 1 + bytes.size() / 97) {
    INFO(place);
    std::string bent = bytes;
    bent[place] = static_cast<char>(bent[place] ^ 0x10);
    CHECK(read_all(f.write("b.csv.gz", bent), good).failure);
  }
  const auto o = read_all(f.write("b.csv.gz", many), good);
  REQUIRE(o.failure);
  CHECK_THAT(o.failure->message, has_part("is no gzip file"));
}

TEST_CASE("lines and files have limits, folders are no files", "[market_files]") {
  folder f;
  const auto good = f.write("a.csv", asks);
  const auto o = read_all(f.write("b.csv", bids + std::string(1'000'000, 'x')), good);
  REQUIRE(o.failure);
  CHECK_THAT(o.failure->message, has_part("b.csv:4") && has_part("longer than 4096 bytes"));
  CHECK(read_all(f.path.string(), good).failure);
  const auto missing = read_all((f.path / "none.csv").string(), good);
  REQUIRE(missing.failure);
  CHECK(missing.failure->code == errc::file_unreadable);
}
