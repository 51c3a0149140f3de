#include "tests/arch/step_through.h"

#include <signal.h>

#include "tests/arch/single_step.h"

#if !defined(JIFFY_HAS_SINGLE_STEP)
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "arch/context.h"
#include "tests/arch/instructions.h"
#endif

namespace jiffy::arch {

#if defined(JIFFY_HAS_SINGLE_STEP)

void StepThrough(const Code&, void (*look)(int, siginfo_t*, void*),
                 void (*run)(void*), void* argument) {
  const SingleStepHandler handler(look);
  StartSingleStep();
  run(argument);
  StopSingleStep();
}

#else

namespace {

// One piece of code at a time.
Code stepped;
unsigned char* code = nullptr;
std::vector<unsigned char> original;
// The address whose breakpoint is removed for now; nullptr if none is.
unsigned char* open = nullptr;
void (*look_in_handler)(int, siginfo_t*, void*) = nullptr;

void FlushCode(unsigned char* at) {
  __builtin___clear_cache(reinterpret_cast<char*>(at),
                          reinterpret_cast<char*>(at) + sizeof kBreakpoint);
}

void PutIn(unsigned char* at) {
  memcpy(at, kBreakpoint, sizeof kBreakpoint);
  FlushCode(at);
}

void TakeOut(unsigned char* at) {
  memcpy(at, original.data() + (at - code), sizeof kBreakpoint);
  FlushCode(at);
}

void Trap(int signal, siginfo_t* info, void* ucontext) {
  const uintptr_t pc = InterruptedPc(static_cast<const ucontext_t*>(ucontext));
  if (pc < stepped.begin || pc >= stepped.end) abort();
  if (open != nullptr) PutIn(open);
  open = reinterpret_cast<unsigned char*>(pc);
  TakeOut(open);
  look_in_handler(signal, info, ucontext);
}

// Makes the pages of the code writable, or read-only again.
void SetWritable(bool writable) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = stepped.begin & ~(page - 1);
  if (mprotect(reinterpret_cast<void*>(begin), stepped.end - begin,
               PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0)) != 0) {
    abort();
  }
}

}  // namespace

void StepThrough(const Code& wanted, void (*look)(int, siginfo_t*, void*),
                 void (*run)(void*), void* argument) {
  stepped = wanted;
  code = reinterpret_cast<unsigned char*>(wanted.begin);
  original.assign(code, code + (wanted.end - wanted.begin));
  open = nullptr;
  look_in_handler = look;
  const SingleStepHandler handler(&Trap);
  SetWritable(true);
  for (size_t i = 0; i < original.size();
       i += InstructionSize(original.data() + i)) {
    PutIn(code + i);
  }
  run(argument);
  memcpy(code, original.data(), original.size());
  __builtin___clear_cache(reinterpret_cast<char*>(wanted.begin),
                          reinterpret_cast<char*>(wanted.end));
  SetWritable(false);
}

#endif

}  // namespace jiffy::arch
