#if defined(JIFFY_TSAN)

#include "signals/thread_sanitizer.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arch/context.h"

// Called by ThreadSanitizer. Some accesses to a std::stop_token's shared state
// are in code without instrumentation: the standard library and the runtime's
// waits.
extern "C" const char* __tsan_default_suppressions() {
  return "race:std::stop_token::\n";
}

namespace jiffy::signals {
namespace {

bool WordIs(const char* at, const void* value) {
  return memcmp(at, &value, sizeof value) == 0;
}

}  // namespace

ptrdiff_t fiber_word = 0;

// An OS thread's record lies in its TLS and contains the word: the only one
// that always names the current fiber.
bool FindFiberWord() {
  // The record is some 800 KB.
  constexpr uintptr_t kLargest = uintptr_t{16} << 20;
  const char* end = arch::ThreadPointer();
  void* self = __tsan_get_current_fiber();
  const char* record = static_cast<const char*>(self);
  if (reinterpret_cast<uintptr_t>(end) - reinterpret_cast<uintptr_t>(record) >
      kLargest) {
    return false;
  }
  void* other = __tsan_create_fiber(0);
  const char* found = nullptr;
  int count = 0;
  __tsan_switch_to_fiber(other, __tsan_switch_to_fiber_no_sync);
  for (const char* at = record; at < end; at += sizeof other) {
    if (!WordIs(at, other)) continue;
    found = at;
    ++count;
  }
  __tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
  __tsan_destroy_fiber(other);
  if (count != 1 || !WordIs(found, self)) return false;
  fiber_word = found - end;
  return true;
}

}  // namespace jiffy::signals

#endif
