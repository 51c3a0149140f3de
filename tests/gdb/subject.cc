// The program that the gdb tests examine: green threads in every state.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "runtime/jiffy.h"

thread_local int number = 0;
volatile bool done = false;
volatile long sum = 0;
volatile int spinning = 0;
// Set by a test that needs the spinners to run longer than usual.
volatile bool hold = false;
// Number of times that a thread had another thread's variable.
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

// Options of the command line.
bool crash = false;
// Sleeps before other threads exist, so that the CPU idles.
bool idle = false;
// Only where such a mutex parks its thread: in subject_interposed.
bool with_libc_mutex = false;
// Adds threads that wait for locks of libc's whose holders are a green and an
// OS thread that have ended, and a writer.
bool with_holders = false;
bool with_joiner = false;
// Two threads of the same name.
bool twins = false;

struct Holders {
  Holders() {
    jiffy::Thread([&] { abandoned.lock(); }).Join().IgnoreError();
    std::thread([&] { outside.lock(); }).join();
    written.lock();
    // Takes the place of the thread that ended.
    threads.emplace_back(jiffy::ThreadOptions{.name = "of-ended"},
                         [&] { const std::lock_guard lock(abandoned); });
    threads.emplace_back(jiffy::ThreadOptions{.name = "of-outside"},
                         [&] { const std::lock_guard lock(outside); });
    threads.emplace_back(jiffy::ThreadOptions{.name = "reader"},
                         [&] { const std::shared_lock lock(written); });
    for (const jiffy::Thread& thread : threads) {
      while (thread.Stats().voluntary_switches == 0) {
        jiffy::this_thread::Yield();
      }
    }
  }
  ~Holders() {
    // libc does not check who unlocks.
    abandoned.unlock();
    outside.unlock();
    written.unlock();
    threads.clear();
  }

  std::mutex abandoned;
  std::mutex outside;
  std::shared_mutex written;
  std::vector<jiffy::Thread> threads;
};

void Main() {
  number = 1;
  if (idle) jiffy::this_thread::SleepFor(absl::Milliseconds(20));
  jiffy::Mutex mutex;
  mutex.lock();
  jiffy::Thread waiter({.name = "waiter"}, [&] { Lock(mutex, 2); });
  jiffy::Thread a({.name = twins ? "spin" : "spin-a"}, Spin, 100);
  jiffy::Thread b({.name = twins ? "spin" : "spin-b", .nice = 5}, Spin, 200);
  std::mutex libc_mutex;
  jiffy::Thread fifth;
  if (with_libc_mutex) {
    libc_mutex.lock();
    fifth = jiffy::Thread({.name = "libc-waiter"},
                          [&] { const std::lock_guard lock(libc_mutex); });
  }
  std::optional<Holders> holders;
  if (with_holders) holders.emplace();
  if (with_joiner) {
    fifth =
        jiffy::Thread({.name = "joiner"}, [&] { waiter.Join().IgnoreError(); });
  }
  // Each thread may be preempted on its way there. The spinners never yield: a
  // tick returns the CPU to this thread.
  const auto waits = [](const jiffy::Thread& thread) {
    return thread.Stats().voluntary_switches != 0;
  };
  const bool has_fifth = with_libc_mutex || with_joiner;
  while (spinning < 2 || !waits(waiter) || (has_fifth && !waits(fifth))) {
    jiffy::this_thread::Yield();
  }
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
  if (with_joiner) fifth.Join().IgnoreError();
}

int main(int argc, char** argv) {
  const auto asks = [&](const char* flag) {
    return argc > 1 && strcmp(argv[1], flag) == 0;
  };
  crash = asks("--crash");
  idle = asks("--idle");
  with_libc_mutex = asks("--libc_mutex");
  twins = asks("--twins");
  with_joiner = asks("--joiner");
  with_holders = asks("--holders");
  const absl::Status status =
      jiffy::Run({.scheduler = asks("--cfs") ? "cfs" : "rr",
                  .time_slice = absl::Milliseconds(1),
                  .main_stack_size = jiffy::kDefaultStackSize,
                  .shared_tls = asks("--shared_tls")},
                 Main);
  printf("mixed up: %d\n", mixed_up);
  return status.ok() && mixed_up == 0 ? 0 : 1;
}
