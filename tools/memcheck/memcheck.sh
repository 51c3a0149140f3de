#!/bin/sh
# usage: memcheck.sh PROGRAM [ARGUMENT...]
#
# Runs a program under valgrind's memcheck, anything else as it is. It exits with 99
# if there was an error. Leaks are not looked for: that would take the stacks of
# threads that wait for memory that nobody uses, and read their guard pages. A
# program's own operator new is called, not replaced by valgrind's. OS threads take
# turns; else one that computes may keep the others waiting for ever. A program may
# mend a fault in its handler and go on, for which valgrind must know all registers.
program=$1

[ "$(head -c 4 "$program" | tail -c 3)" = ELF ] || exec "$@"
exec valgrind --quiet --error-exitcode=99 --leak-check=no \
  --fair-sched=try --vgdb=no \
  --vex-iropt-register-updates=allregs-at-mem-access \
  --soname-synonyms=somalloc=nouserintercepts \
  --suppressions="$(dirname "$(readlink -f "$0")")/memcheck.supp" "$@"
