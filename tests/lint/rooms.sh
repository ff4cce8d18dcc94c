#!/usr/bin/env bash
# The rooms of the design, checked on includes: what a folder may not know, it does not include. Usage: rooms.sh [source folder]
set -u
cd "${1:-.}" || exit 2
bad=0
complain() { echo "rooms: $1"; echo "$2" | sed 's/^/  /'; bad=1; }
# forbid FOLDER PATTERN REASON [EXCEPT-PATTERN]: no include in FOLDER may match PATTERN.
forbid() {
  local found
  [ -d "$1" ] || return 0
  found=$(grep -rnE "^ *# *include *[<\"]($2)" "$1" --include='*.hpp' --include='*.cpp' | { if [ -n "${4:-}" ]; then grep -vE "$4"; else cat; fi; })
  [ -z "$found" ] || complain "$3" "$found"
}
libraries='caf/|rocksdb/|spdlog/|fmt/|yaml-cpp/|boost/|quickfix/|xgboost/|nlohmann/|openssl/|zlib|zip\.h|CLI/|date/'
system='fstream|filesystem|thread|mutex|chrono|random|iostream|ctime|unistd|sys/'
forbid domain "$libraries" "domain/ includes the standard library and itself only"
forbid domain "$system" "domain/ has no files, clocks, threads or randomness of its own"
forbid domain "(persistence|actors|config)/" "domain/ knows no other room"
forbid persistence "caf/|yaml-cpp/|spdlog/|boost/|actors/|config/" "persistence/ knows domain/base, domain/events and its own libraries"
forbid persistence "domain/(analysis_engine|data_pipeline|feature_store|ml_integration|monitoring_alerting|portfolio_management|risk_management|strategy_execution|trading_gateway|venue|orders|ledger)/" "persistence/ knows no service"
forbid config "caf/|rocksdb/|actors/|persistence/" "config/ knows domain/ and yaml-cpp"
forbid actors/replay "caf/" "actors/replay runs without CAF"
forbid actors/api "caf/|persistence/" "actors/api/ carries text: it knows neither CAF nor the log"
forbid . 'rocksdb/' "<rocksdb/…> belongs to persistence/rocksdb_*.cpp" '^\./(persistence/rocksdb_|tests/(crash/rocksdb_environment|persistence/later_fields_test)\.cpp|tests/persistence/raw_rows\.hpp|tests/lint/|bench/|build/)'
forbid . 'caf/' "<caf/…> belongs to actors/runtime/caf.hpp" '^\./(actors/runtime/caf\.hpp|build/)'
forbid . 'yaml-cpp/' "<yaml-cpp/…> belongs to config/" '^\./(config/|build/)'
forbid . 'boost/(beast|asio)' "Boost.Beast belongs to actors/api/" '^\./(actors/api/|build/)'
# The framework's own words too: a later one changes that file alone.
words='\bcaf::|->(request|send|delayed_send|monitor|make_response_promise)\b *[<(]|\bset_(exit|down)_handler\b|->mid\b|\.registry\(\)|->content\(\)'
found=$(grep -rnE "$words" actors tests bench --include='*.hpp' --include='*.cpp' 2>/dev/null | grep -vE '^actors/runtime/caf\.hpp:|^[^:]*:[0-9]+: *//')
[ -z "$found" ] || complain "the actor framework's own words belong to actors/runtime/caf.hpp, which has names for them" "$found"
# One service's domain folder includes no other's.
services="analysis_engine data_pipeline feature_store ml_integration monitoring_alerting portfolio_management risk_management strategy_execution trading_gateway"
for s in $services; do
  others=$(echo "$services" | tr ' ' '\n' | grep -vx "$s" | paste -sd'|')
  forbid "domain/$s" "domain/($others)/" "domain/$s includes another service's folder"
done
exit $bad
