#!/bin/sh
# Memcheck finds what a green thread does wrong, and where, and finds nothing in
# one that does nothing wrong (./jiffy test --config valgrind).
#
#   memcheck_test.sh MEMCHECK PROGRAM
memcheck=$1
program=$2
status=0

# run MISTAKE STATUS TEXT...: the program ends with that status, and memcheck has
# said each of the texts.
run() {
  mistake=$1
  wanted=$2
  shift 2
  output=$("$memcheck" "$program" "$mistake" 2>&1) && got=0 || got=$?
  [ "$got" -eq "$wanted" ] || {
    echo "$mistake: ended with $got instead of $wanted"
    status=1
  }
  for text; do
    printf '%s\n' "$output" | grep -q -e "$text" && continue
    echo "$mistake: said nothing of '$text'"
    status=1
  done
  [ "$status" -eq 0 ] || printf '%s\n' "$output"
}

run none 0 '100 strings, 0'
run overflow 99 'Invalid read of size 1' 'ReadBehindABlock' \
  'jiffy_switch' '0 bytes after a block of size 16'
run uninitialised 99 'depends on uninitialised value' 'DecideByGarbage' 'jiffy_switch'

# Nothing was said of a program that does nothing wrong.
"$memcheck" "$program" none 2>&1 | grep '^==[0-9]*==' && status=1
exit $status
