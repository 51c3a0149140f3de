#include "runtime/sync/wait.h"

#include <cstdio>

#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/panic.h"
#include "runtime/core/task.h"
#include "runtime/debug/report.h"
#include "signals/preempt.h"

namespace jiffy::internal {

void EndByStop::operator()() const noexcept {
  const signals::PreemptGuard guard;
  lock->Lock();
  wait->stop_requested = true;
  const bool waits = wait->waiter.list != nullptr;
  if (waits) {
    wait->waiter.list->Remove(&wait->waiter);
    wait->stopped = true;
  }
  lock->Unlock();
  if (waits) Deliver(&wait->parker);
}

namespace {

// Formats into a buffer, as nothing may be allocated with preemption off.
struct Complaint {
  Complaint(const char* action, const char* what) {
    if (InGreenThread()) {
      const Completion& completion = *CurrentTask()->completion;
      snprintf(text, sizeof text, "%s by thread '%s' (#%llu): %s", action,
               NameOf(completion).text,
               static_cast<unsigned long long>(completion.id), what);
    } else {
      snprintf(text, sizeof text, "%s by an OS thread: %s", action, what);
    }
  }
  char text[256];
};

}  // namespace

void Report(const char* action, const char* what) {
  fprintf(stderr, "jiffy: %s\n", Complaint(action, what).text);
}

void Misuse(const char* action, const char* what) {
  Panic(Complaint(action, what).text);
}

}  // namespace jiffy::internal
