// Labelled spans of a trace (runtime/trace.h).

#include <atomic>

#include "runtime/core/current_worker.h"
#include "runtime/core/tracer.h"
#include "runtime/core/worker.h"
#include "runtime/trace.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

void RecordSpan(TraceKind kind, const char* label) {
  if (!InGreenThread()) return;
  signals::PreemptDisable();
  if (Tracer& tracer = ThisWorker().tracer(); tracer.on()) {
    tracer.RecordSpan(kind, label);
  }
  signals::PreemptEnable();
}

}  // namespace

constinit std::atomic<bool> tracing{false};

void BeginSpan(const char* label) { RecordSpan(TraceKind::kSpanBegin, label); }

void EndSpan(const char* label) { RecordSpan(TraceKind::kSpanEnd, label); }

}  // namespace jiffy::internal
