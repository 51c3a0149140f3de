#!/bin/sh
# usage: capabilities.sh EVENTS...
#
# Prints what jiffy can do on each architecture, as the table of README.md, from
# what the tests of a run on all of them said (count_tests.sh). "yes": at least
# one case that shows it ran, and none failed. "no": all were skipped. "FAILED",
# or "untested" if no case shows it.
root=$(dirname -- "$(readlink -f -- "$0")")/..

# What it is; the target and the case that show it, as patterns. Cases in which
# threads share TLS, or do not, have it in their name.
capabilities='
context switch keeps the registers that the ABI says, floating-point control too|//tests/arch:switch_test$|SwitchTest
new task starts aligned, as the ABI says|//tests/arch:first_frame_test$|.
backtrace at each instruction of the switch, to the entry and no further|//tests/arch:backtrace_test$|.
exceptions in threads|//tests/runtime:thread_exception_test$|.
threads that never yield are preempted every 1 ms, with every register kept|//tests/runtime:held_registers_test$|.
a libc thread block for each thread: preempted anywhere, in libc too|//tests/runtime:libc_thread_test$|OwnTls
`thread_local` for each thread|//tests/runtime:thread_local_test$|OwnTls
fallback: shared TLS, preempted in the program'"'"'s own code|//tests/(runtime:held_registers_test|torture:shared_tls_test)$|SharedTls|SharedTlsTest
64 threads in malloc, stdio, exceptions, `thread_local` and the rest at once|//tests/torture:torture_test$|Torture
stack overflow names the thread|//tests/runtime:stack_overflow_test$|.
the demo: sorting and Fibonacci, right to the last number|//tests/examples:(demo_everywhere|sort_workload|fib)_test$|.
Linux 0.01 with its own calls, live|//tests/runtime:linux001_(live|ratio)_test$|.
'

"$root/count_tests.sh" --list "$@" |
  awk -F '\t' -v capabilities="$capabilities" '
  { target[NR] = $2; name[NR] = $3; outcome[NR] = $4; source[NR] = $1 }
  function cell(arch, targets, cases,   i, yes, skipped) {
    for (i = 1; i <= NR; i++) {
      if (source[i] != arch || target[i] !~ targets || name[i] !~ cases) continue
      if (outcome[i] == "failed") return "FAILED"
      if (outcome[i] == "passed") yes++
      if (outcome[i] == "skipped") skipped++
    }
    return yes ? "yes" : skipped ? "no" : "untested"
  }
  END {
    print "| | x86-64 | aarch64 | riscv64 | i386 |"
    print "|---|---|---|---|---|"
    rows = split(capabilities, row, "\n")
    for (r = 1; r <= rows; r++) {
      if (row[r] == "") continue
      split(row[r], field, "|")
      cases = row[r]
      sub(/^[^|]*[|].*[$][|]/, "", cases)
      targets = substr(row[r], length(field[1]) + 2)
      targets = substr(targets, 1, length(targets) - length(cases) - 1)
      printf "| %s | %s | %s | %s | %s |\n", field[1],
        cell("host", targets, cases), cell("aarch64", targets, cases),
        cell("riscv64", targets, cases), cell("i386", targets, cases)
    }
  }'
