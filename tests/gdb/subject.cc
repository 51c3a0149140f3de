// What the tests look at with gdb: green threads in every state.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "absl/time/time.h"
#include "runtime/jiffy.h"

thread_local int number = 0;
volatile bool done = false;
volatile long sum = 0;
volatile int spinning = 0;
// Set by a test that needs the spinners for longer than chance gives them.
volatile bool hold = false;
// How often a thread was seen with another's variable.
volatile int mixed_up = 0;

// Where the debugger stops.
[[gnu::noinline]] void Stop() { asm volatile("" : : : "memory"); }

[[gnu::noinline]] void Check(int expected) {
  if (number != expected) mixed_up = mixed_up + 1;
}

[[gnu::noinline]] void Lock(jiffy::Mutex& mutex, int depth) {
  volatile int local = 1000 + depth;
  number = 7;
  if (depth > 0) {
    Lock(mutex, depth - 1);
  } else {
    mutex.lock();
    mutex.unlock();
  }
  Check(7);
  if (local != 1000 + depth) mixed_up = mixed_up + 1;
}

[[gnu::noinline]] void Spin(int mine) {
  number = mine;
  volatile int local = mine;
  spinning = spinning + 1;
  while (!done) {
    sum = sum + local;
    Check(mine);
  }
}

[[gnu::noinline]] void Step() {
  number = 9;
  sum = sum + 1;
  jiffy::this_thread::Yield();
  sum = sum + 2;
  Check(9);
}

bool crash = false;
// Only where such a mutex parks its thread: in subject_interposed.
bool with_libc_mutex = false;

void Main() {
  number = 1;
  jiffy::Mutex mutex;
  mutex.lock();
  jiffy::Thread waiter({.name = "waiter"}, [&] { Lock(mutex, 2); });
  jiffy::Thread a({.name = "spin-a"}, Spin, 100);
  jiffy::Thread b({.name = "spin-b"}, Spin, 200);
  std::mutex libc_mutex;
  jiffy::Thread libc_waiter;
  if (with_libc_mutex) {
    libc_mutex.lock();
    libc_waiter = jiffy::Thread({.name = "libc-waiter"}, [&] {
      const std::lock_guard lock(libc_mutex);
    });
  }
  // They never yield: a tick brings the CPU back.
  while (spinning < 2) jiffy::this_thread::Yield();
  jiffy::this_thread::Yield();
  jiffy::Thread stepper({.name = "stepper"}, Step);
  if (crash) abort();
  Stop();
  while (hold) jiffy::this_thread::Yield();
  stepper.Join().IgnoreError();
  Stop();
  done = true;
  mutex.unlock();
  if (with_libc_mutex) libc_mutex.unlock();
}

int main(int argc, char** argv) {
  const bool shared_tls = argc > 1 && strcmp(argv[1], "--shared_tls") == 0;
  with_libc_mutex = argc > 1 && strcmp(argv[1], "--libc_mutex") == 0;
  crash = argc > 1 && strcmp(argv[1], "--crash") == 0;
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Milliseconds(1),
                  .main_stack_size = jiffy::kDefaultStackSize,
                  .shared_tls = shared_tls},
                 Main);
  printf("mixed up: %d\n", mixed_up);
  return status.ok() && mixed_up == 0 ? 0 : 1;
}
