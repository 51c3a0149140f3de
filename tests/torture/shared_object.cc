// The library that library.h opens.

#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "tests/torture/library.h"

namespace {

std::atomic<int> alive{0};

struct Object {
  Object() { alive.fetch_add(1); }
  ~Object() { alive.fetch_sub(1); }
  int uses = 0;
};

thread_local uint64_t value = jiffy::torture::LIBRARY_INITIAL;
thread_local uint64_t zero;
thread_local Object object;

// Calls the function that library.h's CallWhenLoaded was given.
__attribute__((constructor)) void CallBack() {
  if (const char* text = getenv(jiffy::torture::kCallWhenLoaded)) {
    reinterpret_cast<void (*)()>(strtoull(text, nullptr, 0))();
  }
}

}  // namespace

extern "C" {
extern const jiffy::torture::LibraryApi torture_library_api;
const jiffy::torture::LibraryApi torture_library_api = {
    [] { return &value; },
    [] { return &zero; },
    [] { return ++object.uses; },
    [] { return alive.load(); },
};
}
