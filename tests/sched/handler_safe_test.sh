#!/bin/sh
# Policies are called in signal handlers, so they may call nothing that is not
# safe there: libc, the allocator, exceptions. What they do call, their object
# files tell: only this is allowed.
#
#   handler_safe_test.sh ARCHIVE...
set -eu

# What the virtual destructor and the class itself need, and what the compiler
# may put in of its own accord (a fill, a copy, a division of 64 by 64 bits, the
# name of whom an exception would be shown to, since nothing allowed here throws
# one, and the abort of a function that finds its stack frame overwritten).
allowed='^jiffy::sched::
^(typeinfo|vtable) for jiffy::sched::
^vtable for __cxxabiv1::
^operator delete\(void\*
^__cxa_pure_virtual$
^__gxx_personality_v0$
^__stack_chk_fail$
^_GLOBAL_OFFSET_TABLE_$
^mem(set|cpy|move)$
^__(u?div|u?mod)di3$'

# readelf, unlike nm, reads the object files of any architecture.
undefined() {
  readelf -sW "$1" | awk '$7 == "UND" && $8 != "" { print $8 }' | sort -u |
    c++filt
}

status=0
[ $# -gt 0 ] || { echo "no archives given"; exit 1; }
for archive; do
  readelf -sW "$archive" | grep -q 'jiffy' || {
    echo "$archive: has no symbols of ours; is this the right file?"
    status=1
  }
  found=$(undefined "$archive" | grep -Ev "$allowed" || true)
  [ -z "$found" ] || {
    echo "$archive: not safe in a signal handler:"
    echo "$found" | sed 's/^/  /'
    status=1
  }
done
exit $status
