#include "runtime/debug/backtrace.h"

#include <unwind.h>

#include <cstdint>
#include <string_view>

#include "absl/debugging/symbolize.h"
#include "arch/suspended.h"
#include "signals/text_buffer.h"

namespace jiffy::internal {
namespace {

// Keeps a frame if it belongs to the thread: such frames' stack pointers lie on
// its stack and rise.
_Unwind_Reason_Code KeepFrame(_Unwind_Context* context, void* argument) {
  auto& trace = *static_cast<Backtrace*>(argument);
  const uintptr_t sp = _Unwind_GetCFA(context);
  int interrupted = 0;
  const uintptr_t pc = _Unwind_GetIPInfo(context, &interrupted);
  if (trace.count == 0 && (sp < trace.low || sp > trace.high)) {
    return _URC_NO_REASON;  // A frame of the dump itself.
  }
  if (pc == 0) return _URC_NO_REASON;  // Above the first frame.
  if (sp < trace.last_sp || sp < trace.low || sp > trace.high) {
    trace.corrupt = true;
    return _URC_NORMAL_STOP;
  }
  if (trace.count == Backtrace::kMaxFrames) return _URC_NORMAL_STOP;
  trace.last_sp = sp;
  trace.frames[trace.count++] = {.pc = pc, .interrupted = interrupted != 0};
  return _URC_NO_REASON;
}

void UnwindHere(void* argument) {
  auto& trace = *static_cast<Backtrace*>(argument);
  trace.complete = _Unwind_Backtrace(&KeepFrame, argument) == _URC_END_OF_STACK;
}

// Returns whether the function is the runtime's; only its authors want to see
// those.
bool IsOfRuntime(std::string_view name) {
  for (const std::string_view prefix :
       {"jiffy::internal::", "jiffy::signals::", "jiffy::interpose::", "jiffy_",
        "__restore_rt"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

// Returns the name of the frame's function, or "" if it is not known.
const char* NameOf(const Frame& frame, char* buffer, int size) {
  const uintptr_t pc = frame.interrupted ? frame.pc : frame.pc - 1;
  return absl::Symbolize(reinterpret_cast<const void*>(pc), buffer, size)
             ? buffer
             : "";
}

}  // namespace

void Unwind(void* argument) {
  auto& trace = *static_cast<Backtrace*>(argument);
  if (trace.sp == nullptr) {
    UnwindHere(argument);
  } else {
    arch::jiffy_call_from_suspended(trace.sp, &UnwindHere, argument);
  }
}

void WriteFrames(DumpWriter& out, const Backtrace& trace) {
  char name[256];
  int first = 0;
  while (first < trace.count &&
         IsOfRuntime(NameOf(trace.frames[first], name, sizeof name))) {
    first++;
  }
  // The libc function that returns from handlers may have any name.
  for (int i = first; i < first + 2 && i < trace.count; ++i) {
    if (trace.frames[i].interrupted) first = i;
  }
  int end = trace.count;
  while (end > first &&
         IsOfRuntime(NameOf(trace.frames[end - 1], name, sizeof name))) {
    end--;
  }
  if (first == end) {
    first = 0;
    end = trace.count;
  }
  for (int i = first; i < end; ++i) {
    const Frame& frame = trace.frames[i];
    out << "    " << signals::Hex{frame.pc} << " "
        << NameOf(frame, name, sizeof name) << "\n";
  }
  if (trace.corrupt) {
    out << "    (the stack is corrupt from here on)\n";
  } else if (!trace.complete) {
    out << "    ...\n";
  }
}

}  // namespace jiffy::internal
