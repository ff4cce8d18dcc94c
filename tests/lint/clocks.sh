#!/usr/bin/env bash
# The seam of the clock: in actors/ nobody reads a clock, sleeps or draws at random but through actors/runtime/clock.hpp. Usage: clocks.sh [source folder]
# Where it has to be, a line ends with "// raw clock: why", or a file says in its first lines "// raw clock in this file: why".
set -u
cd "${1:-.}" || exit 2
# Any static now() is a raw clock, whatever alias it goes by: actors read theirs as clock().now(). A member now() that is defined is none.
clocks='::now *\(|clock_gettime|gettimeofday|timespec_get|(^|[^A-Za-z0-9_.>])time *\( *(nullptr|NULL|0|&)|(^|[^A-Za-z0-9_])(localtime|gmtime)(_r)? *\('
sleeps='sleep_for|sleep_until|(^|[^A-Za-z0-9_.>])(u|nano)?sleep *\('
dice='random_device|mt19937|minstd_rand|default_random_engine|(^|[^A-Za-z0-9_.>])s?rand *\('
# Pure measurement of the actors themselves: no decision reads it.
measuring='actors/runtime/(instrumented|introspection|latency_histogram|flow_table)\.'
files=$(grep -rlE "$clocks|$sleeps|$dice" actors --include='*.hpp' --include='*.cpp' | grep -vE "^$measuring" | sort)
bad=0
for f in $files; do
  head -5 "$f" | grep -qE '^// raw clock in this file: .+' && continue
  found=$(grep -nE "$clocks|$sleeps|$dice" "$f" | grep -vE '// raw clock: .+|::now\(\) const \{')
  [ -z "$found" ] && continue
  echo "clocks: $f reads a clock, sleeps or draws by itself; ask actors/runtime/clock.hpp, or say why not with '// raw clock: why'"
  echo "$found" | sed 's/^/  /'
  bad=1
done
exit $bad
