#!/bin/sh
# What the interrupt handler can reach may call nothing that is not safe there.
# The handler's object files tell what they call: each symbol that none of them
# defines must be in the list below.
#
#   handler_symbols_test.sh ARCHIVE...
set -eu

# Abseil's symboliser: documented as async-signal-safe. The name differs with how
# Abseil is built.
symbolize='absl::([a-z0-9_]+::)?Symbolize\(void const\*, char\*, int\)'

# libc: async-signal-safe by POSIX or, as the first two, by what they are.
# _Unwind_: GCC's unwinder, which finds tables without a lock (glibc 2.35).
# __cxa_get_globals: the address of a thread_local object.
libc='
_Unwind_Backtrace
_Unwind_GetCFA
_Unwind_GetIPInfo
__errno_location
__cxa_get_globals
abort
clock_gettime
getpagesize
getpid
memcmp
memcpy
memmove
memset
nanosleep
strlen
syscall
timer_settime
'

# Ours, from other files:
# - the control block, the context switch;
# - what only a cooperative switch gets to, never the handler;
# - where a program's own call of syscall() goes on, never the runtime's;
# - the guard of dumps: a jump out of the handler of faults;
# - a thread's first steps, of which only the address is taken there;
# - a variable that says whose turn it is;
# - where a policy allocates: when it is made, destroyed and told to reserve.
ours='
jiffy::signals::task_frame
jiffy::signals::CallGuarded(void (*)(void*), void*)
jiffy::internal::live_machine
jiffy::internal::Worker::TaskMain(jiffy::arch::Context*)
jiffy_call_from_suspended
jiffy_switch
jiffy_switch_shared
jiffy::signals::PreemptEnableSlow()
jiffy::interpose::FindNative()
jiffy::interpose::Futex(jiffy::interpose::SyscallArguments const&)
jiffy::interpose::native
jiffy::sched::EntityArray::Reserve(SIZE)
jiffy::sched::EntityArray::~EntityArray()
'

# What compiler and linker put in: the ends of a section, virtual destructors,
# the static initialiser of <iostream>, which some header includes, the abort of
# a function that finds its stack frame overwritten, clang's end of the process
# when an exception reaches a noexcept function (who catches one to go on calls
# __cxa_end_catch, too).
toolchain='
_GLOBAL_OFFSET_TABLE_
__start_jiffy_irq_text
__stop_jiffy_irq_text
__cxa_atexit
__cxa_begin_catch
__cxa_pure_virtual
__dso_handle
__gxx_personality_v0
__stack_chk_fail
__stack_chk_fail_local
__stack_chk_guard
operator delete(void*)
operator delete(void*, SIZE)
std::ios_base::Init::Init()
std::ios_base::Init::~Init()
std::terminate()
vtable for __cxxabiv1::__class_type_info
vtable for __cxxabiv1::__si_class_type_info
'

# What the compiler calls for want of an instruction: arithmetic in 64 bits on
# machines of 32, atomic operations that may be one instruction or several (of a
# byte on riscv64, a loop without a lock).
arithmetic='__u?(div|mod|divmod)di[34]|__(ctz|clz|popcount)di2|__atomic_(compare_)?exchange_[12]|__aarch64_(cas|swp|ld[a-z]+)[0-9]+_[a-z_]+'

# Prints `nm`'s output with the names as they are on every machine: of the type of
# a size, and without thunks that fetch the program counter.
symbols() {
  nm -C "$@" |
    sed -e 's/(unsigned \(int\|long\))$/(SIZE)/' \
      -e 's/, unsigned \(int\|long\))$/, SIZE)/' -e '/__x86\.get_pc_thunk/d'
}

[ $# -gt 0 ] || { echo "no archives given"; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

printf '%s%s%s' "$libc" "$ours" "$toolchain" | grep . >"$scratch/allowed"
for archive; do
  symbols --defined-only "$archive" | grep -q ' [TDBRVW] .*jiffy' || {
    echo "$archive: defines nothing of ours; is this the right file?"
    status=1
  }
  symbols --defined-only "$archive" | sed -n 's/^[0-9a-f]* [A-Za-z] //p'
done >"$scratch/defined"
# Printed above if a file was not the right one.
[ "$status" -eq 0 ] || { grep 'right file' "$scratch/defined"; exit 1; }

for archive; do
  # -A names the object file before each symbol.
  symbols -A --undefined-only "$archive" | sed -n 's/^\(.*\): *[Uwv] /\1 /p'
done >"$scratch/undefined"
[ -s "$scratch/undefined" ] || { echo "nm found no undefined symbols"; exit 1; }

while read -r file symbol; do
  grep -qxF -e "$symbol" "$scratch/allowed" "$scratch/defined" && continue
  printf '%s\n' "$symbol" | grep -qxE -e "$arithmetic" -e "$symbolize" && continue
  echo "${file##*/}: calls '$symbol', which is not known to be safe in a handler"
  status=1
done <"$scratch/undefined"

# An entry that nobody needs would let somebody slip in unseen.
while read -r symbol; do
  cut -d' ' -f2- "$scratch/undefined" | grep -qxF -e "$symbol" && continue
  case $symbol in
    # Up to the compiler.
    mem* | operator* | __cxa_pure_virtual | __gxx_personality_v0) ;;
    __stack_chk_* | vtable*) ;;
    __cxa_atexit | __dso_handle | std::ios_base* | _GLOBAL_OFFSET_TABLE_) ;;
    __cxa_begin_catch | 'std::terminate()') ;;
    *)
      echo "the list allows '$symbol', which nothing calls"
      status=1
      ;;
  esac
done <"$scratch/allowed"
exit $status
