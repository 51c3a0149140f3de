// The program whose instructions are counted: the paths of jiffy's that are run
// most, as users get them. Between the marks nothing happens at random: the
// tick is an hour long, and the interrupts of "preempt" are raised by hand.

#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/instructions/marker.h"
#include "runtime/jiffy.h"

namespace jiffy::bench {
namespace {

// Rounds before those that are counted: after them nothing is done for the
// first time.
constexpr int kRoundsBefore = 1000;

template <typename Round>
void Count(size_t section, Round round) {
  for (int i = 0; i < kRoundsBefore; ++i) round();
  Mark(section);
  for (int i = 0; i < kRoundsCounted; ++i) round();
  Mark(section);
}

// A round is a yield of each of two threads.
void CountYields(size_t section) {
  bool stop = false;
  Thread other([&stop] {
    while (!stop) this_thread::Yield();
  });
  Count(section, [] { this_thread::Yield(); });
  stop = true;
}

void CountSpawns(size_t section) {
  Count(section, [] {
    Thread thread([] {});
    thread.Join().IgnoreError();
  });
}

void CountLocks(size_t section) {
  Mutex mutex;
  Count(section, [&mutex] {
    mutex.lock();
    mutex.unlock();
  });
}

// Lets a first tick come, of which the stepper makes the later ones.
void AwaitTick() {
  const absl::Time begin = absl::Now();
  while (absl::Now() - begin < absl::Milliseconds(100)) {
  }
}

// A round is an interrupt of each of two threads, by which the other one gets
// the CPU. Returns whether it did.
bool CountPreemptions(size_t section) {
  AwaitTick();
  bool stop = false;
  Thread other([&stop] {
    while (!stop) Mark(kInterrupt);
  });
  Count(section, [] { Mark(kInterrupt); });
  stop = true;
  return other.Stats().preemptions >= kRoundsBefore + kRoundsCounted;
}

}  // namespace
}  // namespace jiffy::bench

int main() {
  using namespace jiffy;  // NOLINT(google-build-using-namespace): main.
  bool preempted = false;
  const absl::StatusOr<Runtime> checked = Runtime::Create({});
  if (!checked.ok() || !checked->features().own_tls) {
    std::fprintf(stderr,
                 "this machine shares TLS: not what is to be counted\n");
    return 1;
  }
  const absl::Status status = Run({}, [&] {
    bench::CountYields(0);
    bench::CountSpawns(1);
    bench::CountLocks(2);
    preempted = bench::CountPreemptions(3);
  });
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  if (!preempted) {
    std::fprintf(stderr, "the interrupts preempted nobody\n");
    return 1;
  }
  return 0;
}
