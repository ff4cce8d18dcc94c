#include "persistence/time_search.hpp"

#include "persistence/memory_log.hpp"
#include "tests/persistence/log_fixture.hpp"

using namespace tomnext;
using namespace tomnext::persistence;

TEST_CASE("the first event of a time is found, whatever the groups, and however many events share it") {
  for (std::uint64_t in_group : {1, 3, 64}) {
    for (std::int64_t same : {1, 5, 200}) {  // so many events share one instant
      memory_log log;
      CHECK(tests::must(seq_at(log, timestamp{0})) == 1);
      std::uint64_t seq = 0;
      for (int n = 0; n < 10; ++n) {
        auto g = std::make_shared<group>();
        for (std::uint64_t i = 0; i < in_group; ++i) {
          auto e = tests::quote_at(++seq);
          e.head.at.ns = 100 + static_cast<std::int64_t>(seq - 1) / same * 10;
          g->events.push_back(e);
        }
        const group_ref whole = std::move(g);
        (void)tests::must(log.append({&whole, 1}));
      }
      const auto at_of = [&](std::uint64_t s) { return 100 + static_cast<std::int64_t>(s - 1) / same * 10; };
      for (std::int64_t t = 95; t <= at_of(seq) + 5; ++t) {
        std::uint64_t expected = 1;
        while (expected <= seq && at_of(expected) < t) ++expected;
        REQUIRE(tests::must(seq_at(log, timestamp{t})) == expected);
      }
    }
  }
}
