// riscv64 (LP64D, Linux). Include arch/context.h instead.
#ifndef JIFFY_ARCH_RISCV64_CONTEXT_H_
#define JIFFY_ARCH_RISCV64_CONTEXT_H_

#include <ucontext.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arch/riscv64/offsets.h"
#include "arch/system_call.h"

namespace jiffy::arch {

struct Context;

// First function of a task. Gets its own context, returns the next one.
using ContextEntry = Context* (*)(Context* self);

// A suspended task. The callee-saved registers lie on its stack, at `sp`:
//
//   sp +  0  ra (resume address)        sp + 104  fs0
//   sp +  8  s0                         ...
//   ...                                 sp + 192  fs11
//   sp + 96  s11                        sp + 200  nothing
struct Context {
  void* sp;
  void* thread_pointer;
  // Floating-point rounding mode and flags, compared on each switch and loaded
  // only if they differ.
  uint32_t fcsr;
  uint32_t reserved;
  ContextEntry entry;
};

static_assert(offsetof(Context, sp) == JIFFY_CONTEXT_SP,
              "offset of Context::sp");
static_assert(offsetof(Context, thread_pointer) == JIFFY_CONTEXT_THREAD_POINTER,
              "offset of Context::thread_pointer");
static_assert(offsetof(Context, fcsr) == JIFFY_CONTEXT_FCSR,
              "offset of Context::fcsr");
static_assert(offsetof(Context, entry) == JIFFY_CONTEXT_ENTRY,
              "offset of Context::entry");
static_assert(sizeof(Context) == JIFFY_CONTEXT_SIZE, "size of Context");

// Alignment of the stack pointer that a new context starts with.
inline constexpr size_t kStackAlignment = 16;

// Makes `context` start `entry` on the stack that ends at `stack_top`, with
// the floating-point control that Linux gives a new program.
inline void InitContext(Context& context, void* stack_top, void* thread_pointer,
                        ContextEntry entry) {
  context.sp = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(stack_top) &
                                       ~(kStackAlignment - 1));
  context.thread_pointer = thread_pointer;
  context.fcsr = 0;  // Round to nearest, no flags.
  context.entry = entry;
}

// Returns why user code may not set the thread pointer, or nullptr if it may.
// The thread pointer is an ordinary register.
inline const char* LacksUserThreadPointer() { return nullptr; }

// Returns the thread pointer, which is the address of the ABI's head of a
// thread block: struct pthread lies below it, static TLS above.
inline char* ThreadPointer() {
  char* self;
  asm volatile("mv %0, tp" : "=r"(self));
  return self;
}

// Sets the thread pointer. The compiler may cache addresses of thread_local
// objects of the old thread block, so do not call this in a function that uses
// such objects.
// Context: LacksUserThreadPointer() is nullptr; all signals blocked.
inline void SetThreadPointer(void* thread_pointer) {
  asm volatile("mv tp, %0" : : "r"(thread_pointer) : "memory");
}

// Returns the slot of the dynamic thread vector in the thread block at `tcb`.
inline void** TcbDtv(char* tcb) { return reinterpret_cast<void**>(tcb) - 2; }

// Fills in the head of the thread block at `tcb`, except its DTV. There is
// nothing else: one stack guard and one pointer guard serve the whole process.
inline void InitTcbHead(char*, const char*, uintptr_t) {}

// Whether each thread block has a stack guard of its own.
inline constexpr bool kOwnStackGuard = false;

// The process's stack guard, in ld.so.
extern "C" uintptr_t __stack_chk_guard;

// Returns the thread block's stack guard.
inline uintptr_t TcbStackGuard(const char*) { return __stack_chk_guard; }

// Returns where a signal interrupted the program.
inline uintptr_t InterruptedPc(const ucontext_t* uc) {
  return uc->uc_mcontext.__gregs[REG_PC];
}
inline uintptr_t InterruptedSp(const ucontext_t* uc) {
  return uc->uc_mcontext.__gregs[REG_SP];
}

// Returns whether the instruction at `pc`, which must be readable, is a system
// call: the kernel sets the PC there in an interrupted call that it will
// restart.
inline bool AtSystemCall(uintptr_t pc) {
  constexpr uint32_t kEcall = 0x0000'0073;
  uint32_t instruction;
  memcpy(&instruction, reinterpret_cast<const void*>(pc), sizeof instruction);
  return instruction == kEcall;
}

// Returns the system call that an interrupted thread will repeat. Requires
// AtSystemCall(PC).
inline SystemCall InterruptedCall(const ucontext_t* uc) {
  const auto& regs = uc->uc_mcontext.__gregs;
  return {.number = static_cast<long>(regs[REG_A0 + 7]),
          .arguments = {regs[REG_A0], regs[REG_A0 + 1], regs[REG_A0 + 2],
                        regs[REG_A0 + 3]}};
}

// Returns whether the instruction before `pc`, which must be readable, is a
// system call.
inline bool AfterSystemCall(uintptr_t pc) { return AtSystemCall(pc - 4); }

// Returns whether the signal ended a system call, which has just returned
// EINTR. `pc` must be readable.
inline bool EndedSystemCall(const ucontext_t* uc, uintptr_t pc) {
  return static_cast<long>(uc->uc_mcontext.__gregs[REG_A0]) == -EINTR &&
         AfterSystemCall(pc);
}

// Returns the return address of the interrupted function if it has called
// nothing; else any address.
inline uintptr_t LeafReturnAddress(const ucontext_t* uc) {
  return uc->uc_mcontext.__gregs[REG_RA];
}

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_RISCV64_CONTEXT_H_
