// Producers and consumers around a bounded queue, three times: with a channel,
// with jiffy's mutex and condition variables, and with a pair of semaphores.
// Each time, every number arrives once.
//
//   producer_consumer [POLICY]      (by default: rr)

#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

constexpr int kProducers = 3;
constexpr int kConsumers = 2;
constexpr uint64_t kNumbers = 30'000;  // Of all producers.
constexpr size_t kRoom = 16;

// The queues: Put adds a number, Take removes one; -1 marks the end.
class ChannelQueue {
 public:
  void Put(int64_t number) { numbers_.Send(number).IgnoreError(); }
  int64_t Take() { return *numbers_.Receive(); }

 private:
  jiffy::Channel<int64_t> numbers_{kRoom};
};

class MonitorQueue {
 public:
  void Put(int64_t number) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [&] { return numbers_.size() < kRoom; });
    numbers_.push_back(number);
    not_empty_.notify_one();
  }
  int64_t Take() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !numbers_.empty(); });
    const int64_t number = numbers_.front();
    numbers_.pop_front();
    not_full_.notify_one();
    return number;
  }

 private:
  jiffy::Mutex mutex_;
  jiffy::ConditionVariable not_full_;
  jiffy::ConditionVariable not_empty_;
  std::deque<int64_t> numbers_;
};

// Dijkstra's solution: one semaphore counts the places, the other the numbers.
class SemaphoreQueue {
 public:
  void Put(int64_t number) {
    places_.acquire();
    {
      const std::lock_guard lock(mutex_);
      ring_[last_++ % kRoom] = number;
    }
    numbers_.release();
  }
  int64_t Take() {
    numbers_.acquire();
    int64_t number;
    {
      const std::lock_guard lock(mutex_);
      number = ring_[first_++ % kRoom];
    }
    places_.release();
    return number;
  }

 private:
  jiffy::CountingSemaphore<> places_{kRoom};
  jiffy::CountingSemaphore<> numbers_{0};
  jiffy::Mutex mutex_;
  int64_t ring_[kRoom];
  size_t first_ = 0;
  size_t last_ = 0;
};

// Returns whether every number arrived once.
template <typename Queue>
bool Pass(const char* name) {
  const absl::Time start = absl::Now();
  Queue queue;
  std::vector<uint8_t> arrived(kNumbers, 0);
  std::vector<jiffy::Thread> producers;
  std::vector<jiffy::Thread> consumers;
  for (uint64_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (uint64_t n = p; n < kNumbers; n += kProducers) {
        queue.Put(static_cast<int64_t>(n));
      }
    });
  }
  for (int c = 0; c < kConsumers; ++c) {
    consumers.emplace_back([&] {
      for (int64_t n = queue.Take(); n >= 0; n = queue.Take()) {
        arrived[static_cast<size_t>(n)]++;
      }
    });
  }
  for (jiffy::Thread& producer : producers) producer.Join().IgnoreError();
  for (int c = 0; c < kConsumers; ++c) queue.Put(-1);
  for (jiffy::Thread& consumer : consumers) consumer.Join().IgnoreError();
  uint64_t once = 0;
  for (const uint8_t times : arrived) once += times == 1;
  printf("%-28s %llu of %llu numbers arrived once, %.0f ns each\n", name,
         static_cast<unsigned long long>(once),
         static_cast<unsigned long long>(kNumbers),
         absl::ToDoubleNanoseconds(absl::Now() - start) / kNumbers);
  return once == kNumbers;
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("producer_consumer");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: producer_consumer [POLICY]\n"
      "Producers and consumers share a queue, by three means (default: rr).\n");
  jiffy::RuntimeOptions options;
  if (argc > 1) options.scheduler = argv[1];
  options.time_slice = absl::Milliseconds(1);
  bool all = true;
  const absl::Status status = jiffy::Run(options, [&] {
    all &= Pass<ChannelQueue>("channel");
    all &= Pass<MonitorQueue>("mutex, condition variables");
    all &= Pass<SemaphoreQueue>("semaphores");
  });
  if (!status.ok()) {
    fprintf(stderr, "producer_consumer: %s\n", status.ToString().c_str());
    return 2;
  }
  return all ? 0 : 1;
}
