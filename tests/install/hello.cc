// Two threads that never yield, and a third that is on time beside them.
#include <jiffy/jiffy.h>

#include <atomic>
#include <cstdio>

int main() {
  std::atomic<bool> stop = false;
  std::atomic<int> spinners = 0;
  const absl::Status status = jiffy::Run({.scheduler = "rr"}, [&] {
    const auto spin = [&] {
      spinners++;
      while (!stop) {
      }
    };
    jiffy::Thread a({.name = "a"}, spin);
    jiffy::Thread b({.name = "b"}, spin);
    while (spinners < 2) jiffy::this_thread::Yield();
    jiffy::this_thread::SleepFor(absl::Milliseconds(2));
    stop = true;
  });
  if (!status.ok()) {
    fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  printf("two spinners were preempted, jiffy %s\n", jiffy::Version());
}
