// i386 (System V ABI, Linux, with SSE). Include arch/context.h instead.
#ifndef JIFFY_ARCH_I386_CONTEXT_H_
#define JIFFY_ARCH_I386_CONTEXT_H_

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arch/i386/offsets.h"
#include "arch/system_call.h"

namespace jiffy::arch {

struct Context;

// First function of a task. Gets its own context, returns the next one.
using ContextEntry = Context* (*)(Context* self);

// A suspended task. The callee-saved registers lie on its stack, at `sp`:
//
//   sp +  0  edi      sp +  8  ebx      sp + 16  return address
//   sp +  4  esi      sp + 12  ebp
struct Context {
  void* sp;
  void* thread_pointer;
  // SSE control and status; x87 control. Compared on each switch and loaded
  // only if they differ.
  uint32_t mxcsr;
  uint16_t x87_control;
  uint16_t reserved;
  ContextEntry entry;
};

static_assert(offsetof(Context, sp) == JIFFY_CONTEXT_SP,
              "offset of Context::sp");
static_assert(offsetof(Context, thread_pointer) == JIFFY_CONTEXT_THREAD_POINTER,
              "offset of Context::thread_pointer");
static_assert(offsetof(Context, mxcsr) == JIFFY_CONTEXT_MXCSR,
              "offset of Context::mxcsr");
static_assert(offsetof(Context, x87_control) == JIFFY_CONTEXT_X87_CONTROL,
              "offset of Context::x87_control");
static_assert(offsetof(Context, entry) == JIFFY_CONTEXT_ENTRY,
              "offset of Context::entry");
static_assert(sizeof(Context) == JIFFY_CONTEXT_SIZE, "size of Context");

// Alignment of the stack pointer that a new context starts with.
inline constexpr size_t kStackAlignment = 16;

// Makes `context` start `entry` on the stack that ends at `stack_top`, with
// the floating-point control words that the ABI gives a new program.
inline void InitContext(Context& context, void* stack_top, void* thread_pointer,
                        ContextEntry entry) {
  context.sp = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(stack_top) &
                                       ~(kStackAlignment - 1));
  context.thread_pointer = thread_pointer;
  context.mxcsr = 0x1f80;        // All exceptions masked, round to nearest.
  context.x87_control = 0x037f;  // The same, 64-bit mantissa.
  context.entry = entry;
}

// Returns the thread pointer, which is the address of the thread block.
inline char* ThreadPointer() {
  char* self;
  asm volatile("movl %%gs:0, %0" : "=r"(self));
  return self;
}

// Sets the thread pointer. The compiler may cache addresses of thread_local
// objects of the old thread block, so do not call this in a function that uses
// such objects. Returns whether the system allowed it. Context: all signals
// blocked, or the pointer keeps its value.
inline bool SetThreadPointer(void* thread_pointer) {
  unsigned segment;
  asm volatile("movl %%gs, %0" : "=r"(segment));
  unsigned description[4] = {segment >> 3,
                             reinterpret_cast<unsigned>(thread_pointer),
                             JIFFY_SEGMENT_LIMIT, JIFFY_SEGMENT_FLAGS};
  const bool set = syscall(SYS_set_thread_area, description) == 0;
  asm volatile("movl %0, %%gs" : : "r"(segment) : "memory");
  return set;
}

// Returns why user code may not set the thread pointer, or nullptr if it may.
// The thread pointer is the base of the segment that GS selects. Every Linux
// version lets a thread set it; a sandbox may not.
inline const char* LacksUserThreadPointer() {
  // Sets the value that it already has.
  return SetThreadPointer(ThreadPointer())
             ? nullptr
             : "this system does not let programs set the thread pointer "
               "(set_thread_area)";
}

// The fixed head of a thread block (glibc's tcbhead_t, part of the ABI).
inline constexpr size_t kTcbSelf = 0x00;
inline constexpr size_t kTcbDtv = 0x04;
inline constexpr size_t kTcbSelf2 = 0x08;
inline constexpr size_t kTcbMultipleThreads = 0x0c;
inline constexpr size_t kTcbSystemCall = 0x10;
inline constexpr size_t kTcbStackGuard = 0x14;
inline constexpr size_t kTcbPointerGuard = 0x18;

// Fills in the head of the thread block at `tcb`, except its DTV: pointer guard
// and system call entry of `model`, and the given stack guard.
inline void InitTcbHead(char* tcb, const char* model, uintptr_t stack_guard) {
  memcpy(tcb + kTcbSelf, &tcb, sizeof tcb);
  memcpy(tcb + kTcbSelf2, &tcb, sizeof tcb);
  const int32_t multiple_threads = 1;
  memcpy(tcb + kTcbMultipleThreads, &multiple_threads, sizeof multiple_threads);
  memcpy(tcb + kTcbSystemCall, model + kTcbSystemCall, sizeof(uintptr_t));
  memcpy(tcb + kTcbStackGuard, &stack_guard, sizeof stack_guard);
  memcpy(tcb + kTcbPointerGuard, model + kTcbPointerGuard, sizeof(uintptr_t));
}

// Returns the slot of the dynamic thread vector in the thread block at `tcb`.
inline void** TcbDtv(char* tcb) {
  return reinterpret_cast<void**>(tcb + kTcbDtv);
}

// Whether each thread block has a stack guard of its own.
inline constexpr bool kOwnStackGuard = true;

// Returns the thread block's stack guard.
inline uintptr_t TcbStackGuard(const char* tcb) {
  uintptr_t guard;
  memcpy(&guard, tcb + kTcbStackGuard, sizeof guard);
  return guard;
}

// Returns where a signal interrupted the program.
inline uintptr_t InterruptedPc(const ucontext_t* uc) {
  return static_cast<uintptr_t>(uc->uc_mcontext.gregs[REG_EIP]);
}
inline uintptr_t InterruptedSp(const ucontext_t* uc) {
  return static_cast<uintptr_t>(uc->uc_mcontext.gregs[REG_ESP]);
}

// Returns whether the instruction at `pc`, which must be readable, is a system
// call: the kernel sets the PC there in an interrupted call that it will
// restart, including calls made by sysenter.
inline bool AtSystemCall(uintptr_t pc) {
  const unsigned char* code = reinterpret_cast<const unsigned char*>(pc);
  return code[0] == 0xcd && code[1] == 0x80;
}

// Returns the system call that an interrupted thread will repeat. Requires
// AtSystemCall(PC).
inline SystemCall InterruptedCall(const ucontext_t* uc) {
  const auto& regs = uc->uc_mcontext.gregs;
  return {.number = regs[REG_EAX],
          .arguments = {static_cast<uintptr_t>(regs[REG_EBX]),
                        static_cast<uintptr_t>(regs[REG_ECX]),
                        static_cast<uintptr_t>(regs[REG_EDX]),
                        static_cast<uintptr_t>(regs[REG_ESI])}};
}

// Returns whether the instruction before `pc`, which must be readable, is a
// system call.
inline bool AfterSystemCall(uintptr_t pc) { return AtSystemCall(pc - 2); }

// Returns whether the signal ended a system call, which has just returned
// EINTR. `pc` must be readable.
inline bool EndedSystemCall(const ucontext_t* uc, uintptr_t pc) {
  return uc->uc_mcontext.gregs[REG_EAX] == -EINTR && AfterSystemCall(pc);
}

// Returns the return address of the interrupted function if it has called and
// pushed nothing; else any word.
inline uintptr_t LeafReturnAddress(const ucontext_t* uc) {
  return *reinterpret_cast<const uintptr_t*>(InterruptedSp(uc));
}

}  // namespace jiffy::arch

#endif  // JIFFY_ARCH_I386_CONTEXT_H_
