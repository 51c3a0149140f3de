#include "tests/runtime/no_exceptions.h"

#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace jiffy {

int UseAllWithoutExceptions() {
  int sum = 0;
  Mutex mutex;
  ConditionVariable changed;
  Channel<int> channel(1);
  OnceFlag once;
  absl::StatusOr<Thread> sender = Thread::Spawn({.name = "sender"}, [&] {
    channel.Send(1).IgnoreError();
    channel.Close();
    const std::lock_guard lock(mutex);
    sum += 10;
    changed.notify_all();
  });
  if (!sender.ok()) return -1;
  while (const std::optional<int> value = channel.Receive()) sum += *value;
  if (!sender->Join().ok()) return -1;
  Channel<std::string> unbounded(kUnbounded);
  unbounded.Send("100").IgnoreError();
  Select(OnReceive(unbounded, [&](std::optional<std::string> text) {
    sum += text.has_value() ? 100 : 0;
  }));
  Future<int> answer = Async([](int n) { return n; }, 1000);
  sum += answer.get();
  Promise<void> promise;
  Future<void> done = promise.get_future();
  promise.set_value();
  done.get();
  CallOnce(once, [&] { sum += 10000; });
  Thread last([&] { this_thread::SleepFor(absl::Microseconds(1)); });
  return last.Join().ok() ? sum : -1;
}

}  // namespace jiffy
