// Seeds that failed once, and why: they run first.
#pragma once
#include <cstdint>

namespace tomnext::tests {

struct remembered_seed {
  std::uint64_t seed;
  const char* why;
};
inline constexpr remembered_seed remembered_seeds[] = {
    {7, "decision replay did not know of parked inputs"},
    {26, "the same in the order of arrival, where the mark of the parked input comes far behind it"},
    {145, "a scheduler of jobs that was started again told the end of a run twice, behind the beginning of the next one"},
    {258, "risk dated its approvals by the sequencer's stamp when it was folded, and by their cause when it lived"},
    {286, "so did monitoring with its alerts"},
    {315, "an ingress that was started again behind the end of the source took the end's position for a quote's, and ended the node"},
};

}  // namespace tomnext::tests
