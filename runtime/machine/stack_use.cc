// Measures the stack use of threads, on request, when a thread ends. A new
// stack is zeroed memory without a touched page, so everything above the lowest
// nonzero byte was used; the kernel tells which pages to check. An ending
// thread clears what it used, so that the next thread finds zeroed memory. This
// costs nothing on the spawn path.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include "runtime/core/machine.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/report.h"
#include "signals/race.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

void Machine::NoteFullestStack(const Completion& completion) {
  const auto is_fuller = [&] {
    const FullestStack* fullest = fullest_stack_;
    return fullest == nullptr ||
           uint64_t{completion.counts.stack_used} * fullest->size >
               uint64_t{fullest->used} * completion.counts.stack_size;
  };
  if (!is_fuller()) return;
  std::unique_ptr<FullestStack> mine(new (std::nothrow) FullestStack);
  if (mine == nullptr) return;
  mine->thread = NameOf(completion);
  mine->id = completion.id;
  mine->used = completion.counts.stack_used;
  mine->size = completion.counts.stack_size;
  MachineGuard guard;
  // Other threads may have ended meanwhile.
  if (!is_fuller()) return;
  mine->before.reset(fullest_stack_);
  signals::Released(mine.get());
  fullest_stack_ = mine.release();
}

void Worker::MeasureStack(Task& task) {
  // To valgrind, memory below the stack pointer is not readable.
  const signals::UncheckedAccess unchecked;
  const size_t used = StackUsed(task);
  const size_t size = task.stack_high - task.stack_low;
  Completion& completion = *task.completion;
  completion.counts.stack_used = used;
  completion.counts.stack_size = size;
  machine_.NoteFullestStack(completion);
  // Clears all but what is in use now, memset's own frame included, and also
  // what noting the use took. A tick's frame may still come to lie there; it
  // counts as the next thread's.
  constexpr uintptr_t kInUse = 512;
  const uintptr_t low = task.stack_high - StackUsed(task);
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (low + kInUse < here) {
    memset(reinterpret_cast<void*>(low), 0, here - kInUse - low);
  }
}

void Machine::ReportFullestStack() const {
  constexpr uint64_t kWorthATelling = 90;
  const FullestStack* fullest = fullest_stack_;
  if (fullest == nullptr) return;
  const uint64_t percent = uint64_t{fullest->used} * 100 / fullest->size;
  if (percent < kWorthATelling) return;
  fprintf(stderr,
          "jiffy: thread '%s' (#%llu) used %d %% of its %zu KiB of stack, the "
          "most of all threads (ThreadOptions::stack_size)\n",
          fullest->thread.text, static_cast<unsigned long long>(fullest->id),
          static_cast<int>(percent), fullest->size >> 10);
}

}  // namespace jiffy::internal
