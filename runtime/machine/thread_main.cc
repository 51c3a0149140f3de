// Runs a thread from its first step to its last.

#include <cxxabi.h>

#include <exception>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/task.h"
#include "runtime/core/worker.h"
#include "runtime/core/worker_inline.h"
#include "runtime/debug/report.h"
#include "runtime/libc/refused_exit.h"
#include "runtime/libc/thread_block.h"
#include "runtime/libc/tls_template.h"
#include "runtime/machine/thread_body.h"
#include "signals/preempt.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {

arch::Context* Worker::TaskMain(arch::Context* context) {
  signals::AnnotatedSwitch::Begin();
  Task* self = TaskOf(context);
  const bool own_tls = ThisWorker().own_tls();
  ThisWorker().FinishCooperativeSwitch();
  if (own_tls) BeginLibcThread();
  Completion* completion = self->completion;
  if (own_tls && completion->holds_callable && TlsTemplateMayBeOld())
      [[unlikely]] {
    RefreshLibcThread();
  }
  if (self->preemptible) {
    signals::PreemptEnable();
  } else {
    self->user_guards = 1;
    signals::BeginExclusive();
  }

  try {
    thread_body(self->run, self->closure);
  } catch (abi::__forced_unwind&) {
    RefuseExit();
  } catch (...) {
    completion->exception = std::current_exception();
  }
  if (own_tls) EndLibcThread(self->tls_generation);
  completion->counts.stack_used = 0;
  completion->counts.stack_size = 0;
  if (ThisWorker().measures_stacks()) [[unlikely]] {
    ThisWorker().MeasureStack(*self);
  }

  // The last chance to report the exception of a detached thread, since that
  // allocates.
  signals::PreemptDisable();
  if (completion->orphaned) {
    signals::PreemptEnable();
    ReportLostException(*completion);
    completion->exception = nullptr;
    signals::PreemptDisable();
  }
  return ThisWorker().ExitCurrent();
}

}  // namespace jiffy::internal
