// A program's own spans in the trace of a run (RuntimeOptions::trace_file).
//
//   void Parse(const Request& request) {
//     jiffy::TraceScope scope("parse");
//     ...
//   }
//
// Spans may nest, and continue while the thread is preempted or waits. If no
// trace is recorded, a span costs a load and a branch.
#ifndef JIFFY_RUNTIME_TRACE_H_
#define JIFFY_RUNTIME_TRACE_H_

#include <atomic>

namespace jiffy {

namespace internal {

// Whether the current run records a trace.
extern constinit std::atomic<bool> tracing;

void BeginSpan(const char* label);
void EndSpan(const char* label);

}  // namespace internal

// Name of a span: a string literal, or another constant that lives as long as
// the program.
class TraceLabel {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): stands for a literal.
  consteval TraceLabel(const char* text) : text_(text) {}

  const char* text() const { return text_; }

 private:
  const char* text_;
};

// A span from here to the end of the scope, on the calling thread's track. Must
// end in the thread in which it began, inner spans first.
// Context: green thread; in an OS thread it does nothing. Not in a signal
// handler. Switches: as leaving a PreemptGuard, if a trace is recorded.
class [[nodiscard]] TraceScope {
 public:
  explicit TraceScope(TraceLabel label) : label_(label.text()) {
    if (internal::tracing.load(std::memory_order_relaxed)) [[unlikely]] {
      internal::BeginSpan(label_);
    }
  }
  ~TraceScope() {
    if (internal::tracing.load(std::memory_order_relaxed)) [[unlikely]] {
      internal::EndSpan(label_);
    }
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  const char* const label_;
};

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_TRACE_H_
