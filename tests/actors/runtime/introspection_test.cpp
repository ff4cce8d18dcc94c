#include "actors/runtime/introspection.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tomnext::actors;

namespace {
std::string names(const introspection& i) {
  std::string all;
  for (const auto& f : i.figures()) all += f.name + " ";
  return all;
}
}  // namespace

TEST_CASE("introspection: parents before children, children in the order of their first start", "[runtime]") {
  introspection i;
  i.add(9, "z", "host", "services");  // before its parent, as when a child registers first
  i.add(1, "root", "supervisor", "");
  i.add(2, "services", "supervisor", "root");
  i.add(3, "journal", "journal", "root");
  i.add(4, "a", "host", "services");
  CHECK(names(i) == "root services z a journal ");
  SECTION("a restart keeps the place") {
    i.add(10, "z", "host", "services");
    CHECK(names(i) == "root services z a journal ");
    CHECK(i.figures()[2].id == 10);
  }
  SECTION("children of one that was removed are roots; who was removed begins anew") {
    i.restarted("z", "why");
    i.removed("services");
    CHECK(names(i) == "z root journal a ");
    i.removed("z");
    i.removed("never there");
    i.add(11, "z", "host", "root");
    CHECK(names(i) == "root journal z a ");
    CHECK(i.find("z")->figures().restarts == 0);
  }
  SECTION("circles are listed, each once") {
    i.add(20, "self", "x", "self");
    i.add(21, "p", "x", "q");
    i.add(22, "q", "x", "p");
    CHECK(names(i) == "root services z a journal self p q ");
  }
}

TEST_CASE("introspection: a restarted actor continues its counts, its service times and its last error", "[runtime]") {
  introspection i;
  const auto first = i.add(1, "a", "host", "s");
  for (int n = 0; n < 5; ++n) first->count_enqueued();
  first->begin_message();
  first->end_message(8'000);
  first->set_error("division");
  CHECK(i.find("a")->figures().queue_depth == 4);
  CHECK(i.find("a")->figures().queue_depth_max == 5);
  first->end("failed");
  CHECK(i.find("a")->figures().queue_depth == 0);  // what waited died with it
  CHECK(i.find("a")->figures().up_s == 0);
  i.restarted("a", "an exception escaped: division");
  i.restarted("unknown", "x");
  CHECK(i.find("unknown") == nullptr);
  const auto second = i.add(2, "a", "host", "s");
  first->count_enqueued();  // a late sender to the dead one
  second->count_enqueued();
  second->begin_message();
  second->end_message(8'000);
  const auto f = i.find("a")->figures();
  CHECK(f.id == 2);
  CHECK(f.state == "starting");
  CHECK(f.processed == 2);
  CHECK(f.errors == 1);
  CHECK(f.restarts == 1);
  CHECK(f.last_error == "an exception escaped: division");
  CHECK(f.queue_depth == 0);
  CHECK(f.queue_depth_max == 5);
  CHECK(std::abs(f.p50_us - 8.0) <= 8.0 * 0.0626);
}

TEST_CASE("introspection: figures are read while actors come, work and go", "[runtime]") {
  introspection i;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int life = 0; life < 2'000; ++life) {
      const auto r = i.add(static_cast<std::uint64_t>(life), life % 2 == 0 ? "even" : "odd", "host", "root");
      r->count_enqueued();
      r->begin_message();
      r->end_message(100);
      r->set_error("error number " + std::to_string(life));
      r->end("failed");
      i.restarted(r->name(), "restart " + std::to_string(life));
      if (life % 100 == 99) i.removed("odd");
    }
    done = true;
  });
  bool sane = true;
  while (!done)
    for (const auto& f : i.figures()) sane = sane && f.processed <= 1'000 && f.queue_depth <= 1 && f.queue_depth_max <= 1;
  writer.join();
  CHECK(sane);
  CHECK(i.find("even")->figures().processed == 1'000);
  CHECK(i.find("even")->figures().restarts == 1'000);
}
