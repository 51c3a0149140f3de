#!/bin/sh
# A program in which green threads cannot run is told so at the start, by name.
#
#   refused_test.sh PROGRAM PREEMPTIVE COOPERATIVE
#
# Each of the latter is a pattern (grep -E) of what the program says of such a run.
set -eu

said=$("$1" 2>&1)
echo "$said"
echo "$said" | grep -Eq "^preemptive: $2"
echo "$said" | grep -Eq "^cooperative: $3"
if echo "$said" | grep -q '^wrong'; then exit 1; fi
