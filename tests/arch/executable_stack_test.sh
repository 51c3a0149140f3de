#!/bin/sh
# Assembly that does not say otherwise makes the whole program's stack
# executable. Ours says otherwise.
#
#   executable_stack_test.sh BINARY ARCHIVE...
set -eu

binary=$1
shift
status=0

stack=$(readelf -lW "$binary" | awk '$1 == "GNU_STACK" { print $7 }')
[ "$stack" = RW ] || {
  echo "$binary: its stack is '$stack', expected 'RW'"
  status=1
}

# The linker's own default could hide what an object file lacks.
for archive; do
  readelf -sW "$archive" | grep -q jiffy_switch || {
    echo "$archive: holds no jiffy_switch; is this the right file?"
    status=1
  }
  notes=$(readelf -SW "$archive" | grep -F .note.GNU-stack || true)
  case $notes in
    '') echo "$archive: has no .note.GNU-stack"; status=1 ;;
    *AX*) echo "$archive: asks for an executable stack"; status=1 ;;
  esac
done
exit $status
