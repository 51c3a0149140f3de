#!/bin/sh
# usage: emulate.sh PROGRAM [ARGUMENT...]
#
# Runs a program for another architecture under qemu's emulator, anything else as
# it is. A program for i386 runs as it is too, if the kernel can: whether it can
# is tried with the program's own dynamic linker.
program=$1

# A number of sixteen bits in the file, at that offset.
half() { od -An -tu2 -j "$1" -N 2 "$program" | tr -d ' '; }

[ "$(head -c 4 "$program" | tail -c 3)" = ELF ] || exec "$@"
case $(half 18) in
  183) JIFFY_EMULATED=1 exec qemu-aarch64 -L /usr/aarch64-linux-gnu "$@" ;;
  243) JIFFY_EMULATED=1 exec qemu-riscv64 -L /usr/riscv64-linux-gnu "$@" ;;
  3)
    /usr/i686-linux-gnu/lib/ld-linux.so.2 --version >/dev/null 2>&1 ||
      JIFFY_EMULATED=1 exec qemu-i386 -L /usr/i686-linux-gnu "$@"
    exec "$@"
    ;;
  *) exec "$@" ;;
esac
