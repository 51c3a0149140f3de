#include "runtime/libc/program_check.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "signals/sanitizer.h"
#include "signals/text_ranges.h"

namespace jiffy::internal {
namespace {

struct Sanitizer {
  // A function that every program built with it has.
  const char* symbol;
  const char* name;
  const char* flag;
  // Whether jiffy is built for it.
  bool known;
};

constexpr Sanitizer kSanitizers[] = {
    {"__asan_init", "AddressSanitizer", "address", signals::kAddressSanitizer},
    {"__tsan_init", "ThreadSanitizer", "thread", signals::kThreadSanitizer},
    {"__msan_init", "MemorySanitizer", "memory", false},
    {"__hwasan_init", "HWAddressSanitizer", "hwaddress", false},
};

}  // namespace

absl::Status CheckProgram(bool preempt) {
  for (const Sanitizer& sanitizer : kSanitizers) {
    if (sanitizer.known || dlsym(RTLD_DEFAULT, sanitizer.symbol) == nullptr) {
      continue;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "this program has ", sanitizer.name,
        " in it (-fsanitize=", sanitizer.flag,
        ") and jiffy is not built for that: the sanitizer would not know the "
        "stacks and the thread-local storage of green threads. Build both "
        "alike, as docs/sanitizers.md says, or neither"));
  }
  if (preempt && signals::FindTextRanges().libc.end == 0) {
    return absl::FailedPreconditionError(
        "libc is linked statically (-static): its code cannot be told from the "
        "program's, so threads would be preempted inside of malloc. Link libc "
        "as a shared library (-static-libgcc and -static-libstdc++ do not "
        "matter), or set RuntimeOptions::preempt = false");
  }
  return absl::OkStatus();
}

}  // namespace jiffy::internal
