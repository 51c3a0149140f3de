#include "runtime/trace.h"

#include <atomic>

#include "runtime/current_worker.h"
#include "runtime/tracer.h"
#include "runtime/worker.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

void RecordSpan(TraceKind kind, const char* label) {
  if (!InGreenThread()) return;
  signals::PreemptGuard guard;
  if (Tracer& tracer = ThisWorker().tracer(); tracer.on()) {
    tracer.RecordSpan(kind, label);
  }
}

}  // namespace

constinit std::atomic<bool> tracing{false};

void BeginSpan(const char* label) { RecordSpan(TraceKind::kSpanBegin, label); }

void EndSpan(const char* label) { RecordSpan(TraceKind::kSpanEnd, label); }

}  // namespace jiffy::internal
