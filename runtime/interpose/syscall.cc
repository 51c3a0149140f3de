// syscall(): libstdc++ (futures, atomic waits, the guards of static objects)
// and Abseil reach the kernel's futexes through it. All other calls go straight
// to the kernel.
//
// The runtime calls it, too, even in the interrupt handler. Its calls always go
// to the kernel; they are recognised by the guards that the runtime holds.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>

#include "runtime/interpose/caller.h"
#include "runtime/interpose/futex.h"
#include "runtime/interpose/native.h"
#include "signals/preempt.h"

namespace jiffy::interpose {

// Makes the system call, or does what replaces it.
long SystemCall(long number, const SyscallArguments& arguments) {
  if (number == SYS_futex &&
      (signals::task_frame.head.cpu == nullptr || CallerIsGreen())) {
    return Futex(arguments);
  }
  const long* value = arguments.value;
  return Libc().syscall.load(std::memory_order_relaxed)(
      number, value[0], value[1], value[2], value[3], value[4], value[5]);
}

}  // namespace jiffy::interpose

// May read more arguments than the caller gave, as libc's does:
// AddressSanitizer would report that as an error.
extern "C" [[gnu::no_sanitize_address]] long syscall(long number,
                                                     ...) noexcept {
  jiffy::interpose::SyscallArguments arguments;
  va_list list;
  va_start(list, number);
  for (long& value : arguments.value) value = va_arg(list, long);
  va_end(list);
  return jiffy::interpose::SystemCall(number, arguments);
}
