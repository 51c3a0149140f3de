#!/bin/sh
# usage: memcheck.sh PROGRAM [ARGUMENT...]
#
# Runs a program under valgrind's memcheck, anything else as it is. It exits with 99
# if there was an error. Leaks are not looked for: that would take the stacks of
# threads that wait for memory that nobody uses, and read their guard pages.
program=$1

[ "$(head -c 4 "$program" | tail -c 3)" = ELF ] || exec "$@"
exec valgrind --quiet --error-exitcode=99 --leak-check=no \
  --suppressions="$(dirname "$(readlink -f "$0")")/memcheck.supp" "$@"
