// Looking at the stack of a task that is suspended.
#ifndef JIFFY_ARCH_SUSPENDED_H_
#define JIFFY_ARCH_SUSPENDED_H_

namespace jiffy::arch {

extern "C" {

// Calls look(argument), on the caller's stack, so that an unwinder finds the
// task that was suspended with the stack pointer `sp` to be the caller: as if
// it stood at jiffy_switch_suspended (switch.S). `look` may throw nothing.
void jiffy_call_from_suspended(const void* sp, void (*look)(void* argument),
                               void* argument);

}  // extern "C"

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_SUSPENDED_H_
