// pause and sigsuspend: a green thread parks until a handler of the program has
// run. In the kernel it would block its worker, and each tick would end the
// wait.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/handler.h"
#include "runtime/interpose/native.h"
#include "runtime/interpose/wait.h"
#include "signals/cpu.h"
#include "signals/preempt.h"

namespace jiffy::interpose {
namespace {

// Number of handlers run; threads in pause wait on its address.
constinit std::atomic<uint32_t> handlers_run{0};

// Waits until more handlers have run than `seen`.
int AwaitHandler(uint32_t seen) {
  const WaitSpec spec = {.object = &handlers_run};
  WaitUntil(spec, [seen] { return handlers_run.load() != seen; });
  errno = EINTR;
  return -1;
}

void NoteInCalls(int signal, SentTo target) {
  signals::Cpu* const cpu = signals::task_frame.head.cpu;
  if (cpu == nullptr) return;
  if (target == SentTo::kProcess) {
    signals::HandlersRun& run = cpu->handlers_run;
    run.count = run.count + 1;
    run.last[signal] = run.count;
  } else if (internal::CallRecord* record = internal::CurrentCallRecord();
             record != nullptr) {
    record->handler_ran = true;
  }
}

}  // namespace

void TellHandlerHasRun(int signal, SentTo target) {
  NoteInCalls(signal, target);
  handlers_run.fetch_add(1);
  const signals::TaskHead& head = signals::task_frame.head;
  // An OS thread, too, may have been interrupted in the runtime's own code.
  const bool outside =
      head.cpu == nullptr && head.preempt_count == head.user_guards;
  if (outside || CallerIsGreen()) {
    Unpark(&handlers_run, kAll);
  } else {
    UnparkFromHandler(&handlers_run, kAll);
  }
}

}  // namespace jiffy::interpose

using jiffy::interpose::CallerParks;
using jiffy::interpose::Libc;

extern "C" {

int pause() {
  if (!CallerParks()) return Libc().pause();
  return jiffy::interpose::AwaitHandler(jiffy::interpose::handlers_run.load());
}

int sigsuspend(const sigset_t* mask) {
  if (!CallerParks()) return Libc().sigsuspend(mask);
  // Signals that the mask lets through arrive in the next call, or later.
  const uint32_t seen = jiffy::interpose::handlers_run.load();
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, mask, &before);
  const int result = jiffy::interpose::AwaitHandler(seen);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

}  // extern "C"
