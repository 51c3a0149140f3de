#include "runtime/libc/refused_exit.h"

#include <pthread.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/debug/report.h"
#include "runtime/libc/cleanup.h"
#include "signals/text_buffer.h"

namespace jiffy::internal {
namespace {

// The stack for the place's code. libc compares stack pointers to decide
// whether to unwind further; one outside the thread's stack ends the unwinding
// at once.
constexpr size_t kStackSize = size_t{64} << 10;
alignas(64) char exit_stack[kStackSize];
__pthread_unwind_buf_t place;
arch::Context maker;

// Leaves its frame intact for the later jump.
arch::Context* MakePlace(arch::Context*) {
  auto* jump = reinterpret_cast<__jmp_buf_tag*>(
      static_cast<void*>(place.__cancel_jmp_buf));
  if (__sigsetjmp(jump, 0) == 0) return &maker;
  RefuseExit();
}

}  // namespace

void RefuseExit() {
  signals::TextBuffer<512> text(STDERR_FILENO);
  const Task* task = CurrentTask();
  text << "jiffy: ";
  if (task != nullptr && task->completion != nullptr) {
    text << "thread '" << NameOf(*task->completion).text << "' (#" << task->id
         << ")";
  } else {
    text << "a thread";
  }
  text << " called pthread_exit or thrd_exit, or was cancelled. "
          "A green thread can end so only if the program links "
          "//runtime/interpose and threads have thread-local storage of their "
          "own: link it, or return from the thread's function\n";
  text.Flush();
  abort();
}

__pthread_unwind_buf_t* RefusedExit() {
  static const bool made = [] {
    arch::Context context = {};
    arch::InitContext(context, exit_stack + kStackSize, arch::ThreadPointer(),
                      &MakePlace);
    arch::jiffy_switch_shared(&maker, &context);
    return true;
  }();
  static_cast<void>(made);
  return &place;
}

ptrdiff_t FindPlaceOfExit(const char* begin, ptrdiff_t size,
                          ptrdiff_t not_found) {
  constexpr ptrdiff_t kWord = sizeof(void*);
  __pthread_unwind_buf_t probe;
  __pthread_register_cancel(&probe);
  ptrdiff_t found = not_found;
  const void* const wanted = &probe;
  for (ptrdiff_t at = 0; at + kWord <= size; at += kWord) {
    if (memcmp(begin + at, &wanted, sizeof wanted) == 0) {
      found = begin + at - arch::ThreadPointer();
      break;
    }
  }
  __pthread_unregister_cancel(&probe);
  return found;
}

RefusedExitScope::RefusedExitScope() {
  __pthread_register_cancel(RefusedExit());
}

RefusedExitScope::~RefusedExitScope() {
  __pthread_unregister_cancel(RefusedExit());
}

}  // namespace jiffy::internal
