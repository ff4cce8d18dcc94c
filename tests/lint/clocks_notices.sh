#!/usr/bin/env bash
# What clocks.sh is there for, it notices; what it is not, it lets pass; and a mark is a mark.
set -u
check=$(dirname "$(readlink -f "$0")")/clocks.sh
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/actors"
bad=0
# expect OUTCOME LINE…: 0 passes, 1 is refused.
expect() {
  local outcome=$1
  shift
  printf '%s\n' "$@" > "$folder/actors/a.cpp"
  "$check" "$folder" > /dev/null
  [ $? -eq "$outcome" ] || { echo "clocks_notices: expected $outcome of: $*"; bad=1; }
}
for line in 'auto t = std::chrono::steady_clock::now();' 'auto t = my_clock::now();' 'auto t = time(nullptr);' 'long t = ::time( 0 );' 'gmtime_r(&t, &out);' \
    'clock_gettime(CLOCK_REALTIME, &t);' 'std::this_thread::sleep_for(1ms);' 'usleep(3);' '  sleep(1);' 'int r = rand();' 'srand(7);' 'std::random_device d;' \
    'std::mt19937_64 dice(7);'; do
  expect 1 "$line"
  expect 0 "$line  // raw clock: it only measures"
  expect 1 "$line  // raw clock:"
  expect 0 '// What it is.' '// raw clock in this file: it only measures.' "$line"
  expect 1 "$line" 'int a;' 'int b;' 'int c;' 'int d;' 'int e;' '// raw clock in this file: too far down to be seen.'
done
for line in 'auto t = self->clock().now();' 'auto t = q.time();' 'kernel_.now();' 'moment office::now() const {' 'auto n = operand(3);' 'auto t = first_time(0);' 'auto d = random();' 'l.time(0);'; do expect 0 "$line"; done
exit $bad
