#!/bin/sh
# The demo on this machine, or on another in an emulator: tasks that sort and that
# compute Fibonacci numbers without a yield share one CPU, and each is right. The
# demo exits with 1 if one is not.
#
#   demo_everywhere_test.sh EMULATE DEMO
set -eu

emulate=$1
demo=$2
status=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for scheduler in rr linux-0.01; do
  "$emulate" "$demo" --scheduler="$scheduler" --tick=1ms --slice=1ms \
    --tasks=sort:2,fib:2 --duration=500ms >"$output" 2>&1 || {
    status=1
    echo "under $scheduler the demo ended with $?"
  }
  cat "$output"
  grep -q sort "$output" && grep -q fib "$output" || {
    echo "under $scheduler the demo reports no sort or no fib: is this the demo?"
    status=1
  }
done
exit $status
