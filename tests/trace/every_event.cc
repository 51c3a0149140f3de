// Runs threads whose trace has every kind of event, and prints the metrics of
// each, one thread a line:
//
//  every_event FILE [CAPACITY]
//  ID PREEMPTIONS VOLUNTARY-SWITCHES NAME
//
// FILE is the path of the trace, CAPACITY the number of events that are kept.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace {

// Computes until each of the threads was preempted some times.
void Compute(const std::vector<jiffy::Thread>& threads) {
  constexpr uint64_t kEnough = 5;
  jiffy::TraceScope scope("compute");
  for (const jiffy::Thread& thread : threads) {
    while (!thread.Stats().finished && thread.Stats().preemptions < kEnough) {
    }
  }
}

void PrintStats(const std::vector<jiffy::Thread>& threads) {
  for (const jiffy::Thread& thread : threads) {
    while (!thread.Stats().finished) {
      jiffy::this_thread::SleepFor(absl::Milliseconds(1));
    }
    const jiffy::ThreadStats stats = thread.Stats();
    printf("%llu %llu %llu %s\n", static_cast<unsigned long long>(stats.id),
           static_cast<unsigned long long>(stats.preemptions),
           static_cast<unsigned long long>(stats.voluntary_switches),
           stats.name.c_str());
  }
}

void Main() {
  jiffy::Mutex mutex;
  jiffy::Event from_outside;
  jiffy::Channel<int> channel;
  std::vector<jiffy::Thread> hogs;
  std::vector<jiffy::Thread> others;
  mutex.lock();
  // Each uses both threads: they start once both exist.
  jiffy::Event both;
  for (const char* name : {"hog-a", "hog-b"}) {
    hogs.emplace_back(jiffy::ThreadOptions{.name = name}, [&] {
      both.Wait();
      Compute(hogs);
    });
  }
  others.emplace_back(jiffy::ThreadOptions{.name = "yields"}, [] {
    jiffy::TraceScope outer("outer");
    for (int i = 0; i < 3; ++i) {
      jiffy::TraceScope inner("inner");
      jiffy::this_thread::Yield();
    }
  });
  others.emplace_back(jiffy::ThreadOptions{.name = "sleeps"}, [] {
    jiffy::this_thread::SleepFor(absl::Microseconds(300));
  });
  others.emplace_back(jiffy::ThreadOptions{.name = "locks"}, [&] {
    mutex.lock();
    mutex.unlock();
  });
  others.emplace_back(jiffy::ThreadOptions{.name = "receives"},
                      [&] { channel.Receive(); });
  others.emplace_back(jiffy::ThreadOptions{.name = "a \"name\" <b>\\ \xc3\xa4"},
                      [&] {
                        jiffy::TraceScope scope("\"quoted\" <b>");
                        from_outside.Wait();
                      });
  jiffy::this_thread::Yield();
  mutex.unlock();
  channel.Send(1).IgnoreError();
  std::thread outside([&] { from_outside.Set(); });
  both.Set();
  PrintStats(others);
  PrintStats(hogs);
  outside.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const absl::Status status = jiffy::Run(
      {.scheduler = "rr",
       .time_slice = absl::Milliseconds(1),
       .trace_file = argv[1],
       .trace_capacity =
           argc > 2 ? static_cast<size_t>(atoll(argv[2])) : size_t{0}},
      Main);
  if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
