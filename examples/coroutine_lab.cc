// The coroutine lab's calls (coroutine_lab.h) on top of jiffy: a coroutine is a
// green thread that is not preempted, under the policy "random".
//
// With preempt = true it would be a preempted thread; nothing else would
// change.

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/jiffy.h"

struct co {  // NOLINT(readability-identifier-naming): the lab's name.
  jiffy::Thread thread;
};

// co_yield is a keyword of C++20, so the function has another name for the
// compiler than for the linker.
extern "C" {
co* co_start(const char* name, void (*func)(void*), void* arg);
void CoYield() __asm__("co_yield");
void co_wait(co* co);

// The linker's option --wrap=main renames the program's own main to
// __real_main, and calls __wrap_main at start.
int __real_main(int argc, char** argv, char** environment);  // NOLINT
int __wrap_main(int argc, char** argv, char** environment);  // NOLINT
}

namespace {

void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  exit(EXIT_FAILURE);
}

}  // namespace

co* co_start(const char* name, void (*func)(void*), void* arg) {
  absl::StatusOr<jiffy::Thread> thread =
      jiffy::Thread::Spawn({.name = name}, func, arg);
  CheckOk(thread.status());
  return new co{*std::move(thread)};
}

void CoYield() { jiffy::this_thread::Yield(); }

void co_wait(co* co) {
  CheckOk(co->thread.Join());
  delete co;
}

int __wrap_main(int argc, char** argv, char** environment) {  // NOLINT
  // CO_SEED=7 gives another order, which is the same in each run.
  const char* seed = getenv("CO_SEED");
  // A run would wait for all its threads, but a program ends when main returns.
  CheckOk(jiffy::Run({.scheduler = "random",
                      .seed = seed != nullptr ? strtoull(seed, nullptr, 10) : 1,
                      .preempt = false},
                     [&] { exit(__real_main(argc, argv, environment)); }));
  return EXIT_FAILURE;
}
