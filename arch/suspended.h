// Unwinds the stack of a suspended task.
#ifndef JIFFY_ARCH_SUSPENDED_H_
#define JIFFY_ARCH_SUSPENDED_H_

namespace jiffy::arch {

extern "C" {

// Calls look(argument) on the caller's stack. An unwinder in `look` sees as its
// caller the task that was suspended with stack pointer `sp`, at
// jiffy_switch_suspended (switch.S). `look` must not throw.
void jiffy_call_from_suspended(const void* sp, void (*look)(void* argument),
                               void* argument);

}  // extern "C"

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_SUSPENDED_H_
