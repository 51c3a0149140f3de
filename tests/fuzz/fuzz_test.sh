#!/bin/sh
# usage: fuzz_test.sh FUZZER DICTIONARY CORPUS [OPTION...]
#
# Lets libFuzzer look for input that FUZZER cannot take, for JIFFY_FUZZ_SECONDS (by
# default 60). What it finds is left among the test's outputs, and so are inputs
# that reach code which none of the corpus does.
set -eu
fuzzer=$1
dictionary=$2
corpus=$3
shift 3

outputs=${TEST_UNDECLARED_OUTPUTS_DIR:-$(mktemp -d)}
mkdir -p "$outputs/new"
status=0
"$fuzzer" -max_total_time="${JIFFY_FUZZ_SECONDS:-60}" -dict="$dictionary" \
  -artifact_prefix="$outputs/" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
  -print_final_stats=1 "$@" "$outputs/new" "$corpus" \
  >"$outputs/log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  tail -n 60 "$outputs/log"
  echo "The input is above, as Base64, and a file among the test's outputs. Mend what"
  echo "it shows, and put it into $corpus."
  exit 1
fi
grep -E '^(stat::number_of_executed_units|stat::new_units_added)|DONE' \
  "$outputs/log"
