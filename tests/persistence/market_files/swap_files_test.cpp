#include "persistence/market_files/swap_files.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/support/matchers.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/shared_data.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::has_part;

namespace {

struct file {
  std::string path = (std::filesystem::temp_directory_path() / ("tomnext-swap-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".csv")).string();
  explicit file(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() { std::filesystem::remove(path); }
};

currency in(const char* code) { return *currency::parse(code); }
std::int32_t month(int year, unsigned m) { return interest_table::month_of(date_of({year, m, 15})); }
const std::string interest_header = "\"LOCATION\",\"INDICATOR\",\"SUBJECT\",\"MEASURE\",\"FREQUENCY\",\"TIME\",\"Value\",\"Flag Codes\"\n";

std::string refusal_of_interest(const std::string& text) {
  const file f(text);
  auto r = read_interest_rates(f.path);
  return r ? "" : r.error().message;
}
std::string refusal_of_swaps(const std::string& text) {
  const file f(text);
  auto r = read_swap_rates(f.path);
  return r ? "" : r.error().message;
}

}  // namespace

TEST_CASE("interest rates: monthly, else of the quarter; the euro is that of nineteen") {
  auto t = read_interest_rates(tests::shipped_data("rates/short-term-interest-2011-2012.csv"));
  if (!t) FAIL(t.error().message);
  CHECK(t->at(in("GBP"), month(2012, 2)) == *rate::parse("0.0107249"));
  CHECK(t->at(in("USD"), month(2012, 2)) == *rate::parse("0.003"));
  CHECK(t->at(in("EUR"), month(2012, 2)) == *rate::parse("0.010483"));
  CHECK_FALSE(t->at(in("USD"), month(2013, 1)));
  CHECK_FALSE(t->at(in("CHF"), month(2012, 2)));
  const file quarterly(interest_header + "\"USA\",\"STINT\",\"TOT\",\"PC_PA\",\"Q\",\"2012-Q4\",0.2333333,\nUSA,STINT,TOT,PC_PA,M,2012-11,-0.5,\n");
  auto q = read_interest_rates(quarterly.path);
  REQUIRE(q);
  CHECK(q->at(in("USD"), month(2012, 10)) == *rate::parse("0.002333333"));
  CHECK(q->at(in("USD"), month(2012, 11)) == *rate::parse("-0.005"));
  CHECK_FALSE(q->at(in("USD"), month(2012, 9)));
}

TEST_CASE("the whole of the published table is read, and says what the accounting facts say of it") {
  const auto path = tests::shared_data("market/rates/short-term-interest.csv.gz");
  if (!path) {
    WARN("the shared reference data are not here: passed over");
    return;
  }
  auto t = read_interest_rates(*path);
  if (!t) FAIL(t.error().message);
  // R6
  CHECK(t->at(in("AUD"), month(1970, 1)) == *rate::parse("0.058"));
  CHECK(t->at(in("USD"), month(1970, 1)) == *rate::parse("0.0891"));
  CHECK(t->at(in("AUD"), month(2018, 2)) == *rate::parse("0.0177"));
  CHECK(t->at(in("USD"), month(2018, 2)) == *rate::parse("0.0178"));
  for (const char* c : {"EUR", "GBP", "JPY", "CHF", "CAD", "NZD", "SEK", "NOK", "DKK", "MXN", "ZAR", "PLN"}) CHECK(t->knows(in(c)));
}

TEST_CASE("months: their numbers, and back") {
  CHECK(interest_table::first_of(month(2012, 2)) == date_of({2012, 2, 1}));
  CHECK(interest_table::first_of(month(2012, 12) + 1) == date_of({2013, 1, 1}));
}

TEST_CASE("interest rates that cannot be meant are refused with their line") {
  CHECK_THAT(refusal_of_interest(""), has_part("the file is empty") && has_part("LOCATION, MEASURE, FREQUENCY, TIME, Value"));
  CHECK_THAT(refusal_of_interest("LOCATION,TIME,Value\n"), has_part("no column 'MEASURE'"));
  CHECK_THAT(refusal_of_interest("LOCATION,MEASURE,FREQUENCY,TIME,Value,TIME\n"), has_part("two columns 'TIME'"));
  const auto row = [](const std::string& r) { return refusal_of_interest("LOCATION,MEASURE,FREQUENCY,TIME,Value\n" + r + "\n"); };
  CHECK(row("USA,PC_PA,M,2012-02,0.3").empty());
  CHECK(row("USA,PC_PA,A,2012,0.3").empty());    // yearly: passed over
  CHECK(row("DEU,PC_PA,M,nonsense,x").empty());  // its money is the euro
  CHECK_THAT(row("USA,PC_PA,M,2012-13,0.3"), has_part(".csv:2: TIME: '2012-13' is no month"));
  CHECK_THAT(row("USA,PC_PA,Q,2012-Q5,0.3"), has_part("is no quarter"));
  CHECK_THAT(row("USA,PC_PA,Q,2012-02,0.3"), has_part("is no quarter"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02,abc"), has_part("Value: 'abc' is not a decimal number"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02,"), has_part("Value"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02,1e5"), has_part("is not a decimal number"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02,99999999999999999999"), has_part("too large"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02"), has_part("4 columns"));
  CHECK_THAT(row("USA,PC_PA,M,2012-02,0.3\nUSA,PC_PA,M,2012-02,0.4"), has_part(".csv:3: a second rate of USA for '2012-02'"));
  CHECK_THAT(refusal_of_interest(std::string(5'000, 'x')), has_part("longer than"));
  CHECK(read_interest_rates("/nowhere/at/all.csv").error().code == errc::file_unreadable);
}

TEST_CASE("swap rates: columns in any order, with days and nights where there are") {
  const file f("instrument,date,long,short,nights,through\nGBP/USD,2012-02-01,-0.31,0.12,,\nGBP/USD,2012-02-02,-0.93,0.36,3,2012-02-05\n");
  auto rows = read_swap_rates(f.path);
  if (!rows) FAIL(rows.error().message);
  REQUIRE(rows->size() == 2);
  CHECK(((*rows)[0].first == date_of({2012, 2, 1}) && (*rows)[0].last == (*rows)[0].first && (*rows)[0].nights == 0));
  CHECK(((*rows)[1].last == date_of({2012, 2, 5}) && (*rows)[1].nights == 3));
  CHECK(((*rows)[1].long_rate == *rate::parse("-0.93") && (*rows)[1].short_rate == *rate::parse("0.36")));
  const auto row = [](const std::string& r) { return refusal_of_swaps("date,instrument,long,short,through,nights\n" + r + "\n"); };
  CHECK(row("2012-02-01,GBP/USD,1,1,,").empty());
  CHECK_THAT(row("2012-02-30,GBP/USD,1,1,,"), has_part("date: '2012-02-30' is no date"));
  CHECK_THAT(row("2012-02-01,GBP/USD,,1,,"), has_part("long"));
  CHECK_THAT(row("2012-02-01,GBP/USD,1,1.2.3,,"), has_part("short"));
  CHECK_THAT(row("2012-02-02,GBP/USD,1,1,2012-02-01,"), has_part("lies before"));
  CHECK_THAT(row("2012-02-02,GBP/USD,1,1,,0"), has_part("nights: '0' is not from 1 to 366"));
  CHECK_THAT(row("2012-02-02,GBP/USD,1,1,,367"), has_part("nights"));
}

TEST_CASE("a statement of swaps") {
  const file f("date,instrument,amount\r\n2012-02-01,GBP/USD,-9.52\r\n");
  auto rows = read_swap_statement(f.path);
  REQUIRE(rows);
  CHECK((rows->size() == 1 && (*rows)[0].booked == *rate::parse("-9.52") && (*rows)[0].instrument == "GBP/USD"));
  const file bad("date,instrument,amount\n2012-02-01,GBP/USD,much\n");
  CHECK_THAT(read_swap_statement(bad.path).error().message, has_part(":2: amount"));
}

TEST_CASE("any bytes at all are rows or a message, never a crash") {
  std::mt19937_64 random(tests::seed_of_this_run());
  const std::string good =
      interest_header + "\"USA\",\"STINT\",\"TOT\",\"PC_PA\",\"M\",\"2012-01\",0.4,\n\"USA\",\"STINT\",\"TOT\",\"PC_PA\",\"Q\",\"2012-Q1\",0.33,\n";
  for (int i = 0; i < 400; ++i) {
    std::string text = i % 2 == 0 ? good : "date,instrument,long,short,through,nights\n2012-02-01,GBP/USD,-0.31,0.12,2012-02-05,3\n";
    for (std::uint64_t n = random() % 6; n > 0; --n) text[random() % text.size()] = static_cast<char>(random() % 256);
    if (random() % 3 == 0) text.resize(random() % text.size());
    const file f(text);
    if (auto r = read_interest_rates(f.path); !r) CHECK_FALSE(r.error().message.empty());
    if (auto r = read_swap_rates(f.path); !r) CHECK_FALSE(r.error().message.empty());
    if (auto r = read_swap_statement(f.path); !r) CHECK_FALSE(r.error().message.empty());
  }
}
