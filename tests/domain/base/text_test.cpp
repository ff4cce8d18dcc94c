#include "domain/base/text.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace tomnext;

TEST_CASE("text: takes what fits, refuses what does not, and is then as it was", "[text]") {
  short_text t("EURUSD");
  CHECK(t.view() == "EURUSD");
  CHECK(!t.assign(std::string(16, 'x')));
  CHECK(t.view() == "EURUSD");
  CHECK(t.assign(std::string(15, 'x')));
  CHECK(t.view().size() == 15);
  CHECK(t.assign(""));
  CHECK(t.empty());
  CHECK(t == short_text());  // nothing of the old text is left behind
  CHECK(t.bytes == short_text().bytes);
}

TEST_CASE("text: is cut at a character's boundary", "[text]") {
  using three = bounded_text<3>;
  CHECK(three("abcd").view() == "abc");
  CHECK(three("abé").view() == "ab");
  CHECK(three("aé").view() == "aé");
  CHECK(three("€uro").view() == "€");
  CHECK(three("a€").view() == "a");
  CHECK(three("😀").view().empty());
  CHECK(three("\x80\x80\x80\x80\x80").view().empty());  // no UTF-8 at all: no boundary
  CHECK(three(std::string_view("a\0b", 3)).view() == std::string_view("a\0b", 3));
}

TEST_CASE("text: orders and compares as its characters", "[text]") {
  CHECK(short_text("a") < short_text("b"));
  CHECK(short_text("a") < short_text("aa"));
  CHECK(short_text("") < short_text("a"));
  CHECK(short_text("é") > short_text("z"));  // by bytes
  CHECK(short_text("x") != short_text("y"));
}

TEST_CASE("list: holds its capacity and not one more", "[text]") {
  bounded_list<int, 3> list;
  CHECK(list.empty());
  CHECK((list.push_back(1) && list.push_back(2) && list.push_back(3)));
  CHECK(!list.push_back(4));
  CHECK(list.size() == 3);
  CHECK(list[2] == 3);
  bounded_list<int, 3> other = list;
  CHECK(other == list);
  other.clear();
  CHECK(other.empty());
  CHECK(!(other == list));
  other.push_back(1);
  bounded_list<int, 3> fresh;
  fresh.push_back(1);
  CHECK(other == fresh);
}
