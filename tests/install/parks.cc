// A std::mutex that parks: without jiffy::interpose the worker would wait in
// the kernel for ever, since there are no ticks.
#include <jiffy/jiffy.h>

#include <cstdio>
#include <mutex>

int main() {
  const absl::Status status = jiffy::Run({.preempt = false}, [] {
    std::mutex mutex;
    mutex.lock();
    jiffy::Thread waiter([&] { const std::lock_guard lock(mutex); });
    jiffy::this_thread::Yield();
    mutex.unlock();
  });
  printf("%s\n", status.ok() ? "parked" : "failed");
}
