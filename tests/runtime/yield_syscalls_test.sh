#!/bin/sh
# A cooperative yield costs no system call: a hundred times as many yields make
# not one system call more.
#
#   yield_syscalls_test.sh BINARY
set -eu

binary=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The trace's lines but those of signals. Of the first thread, which is the worker:
# ThreadSanitizer has others.
count() {
  strace -o "$scratch/trace" "$binary" "$@" || {
    echo "'$binary $*' failed"
    exit 1
  }
  grep -cv -e '--- SIG' -e '+++ ' "$scratch/trace"
}

if ! strace -o /dev/null true 2>"$scratch/error"; then
  echo "SKIPPED: strace cannot trace here: $(cat "$scratch/error")"
  exit 0
fi

status=0
for scheduler in rr fifo random linux-0.01; do
  for shared_tls in 0 1; do
    few=$(count "$scheduler" "$shared_tls" 1000)
    many=$(count "$scheduler" "$shared_tls" 100000)
    echo "$scheduler, shared TLS $shared_tls: $few and $many system calls"
    [ "$few" -gt 20 ] || {
      echo "  strace saw no start of the program: is this the right file?"
      status=1
    }
    # The dynamic loader and malloc may differ by a call or two.
    [ $((many - few)) -le 10 ] && [ $((few - many)) -le 10 ] || {
      echo "  yields make system calls"
      status=1
    }
  done
done
exit $status
