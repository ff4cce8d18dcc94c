// What a deployment needs from outside its file before anything runs: the days of its data, and its models' hashes.
#pragma once
#include "actors/replay/composition.hpp"

namespace tomnext::replay {

/// Looks at the sources for their first and last time, and fills in deployment.begins and deployment.calendar: the boundaries, 17:00 New York, after the
/// first quote and up to the date of the last (and 07:00 Auckland, where pairs roll there). The same files and the same tzdata give the same. Also reads the
/// hashes of model files, and the files of interest rates, swap rates and reported swaps.
/// A deployment that has a calendar keeps it.
result<void> prepare(config::deployment& d);

}  // namespace tomnext::replay
