// The futex system call, for programs that make it through syscall().
#ifndef JIFFY_RUNTIME_INTERPOSE_FUTEX_H_
#define JIFFY_RUNTIME_INTERPOSE_FUTEX_H_

namespace jiffy::interpose {

// The arguments that follow the call's number.
struct SyscallArguments {
  long value[6];
};

// Makes any system call: those that are not for futexes go to the kernel.
long SystemCall(long number, const SyscallArguments& arguments);

// Does what the kernel would do, but with green threads among the waiters.
// Returns as syscall() does. Context: green thread or OS thread.
long Futex(const SyscallArguments& arguments);

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_FUTEX_H_
