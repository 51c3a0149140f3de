// A service on one CPU whose requests are of two kinds: 99.5 % take 5 us, 0.5 %
// take 500 us. They arrive at random (Poisson) and come from an OS thread on
// another CPU; a pool of threads takes them from a queue. What counts is the
// time from a request's arrival to its end.

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "bench/suite/latency.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

constexpr size_t kRequests = 80'000;
constexpr int kPool = 256;
constexpr double kShortUs = 5;
constexpr double kLongUs = 500;
constexpr double kLongShare = 0.005;

// Rounds of Compute in a microsecond: at best, as neighbours only slow it down.
double RoundsInUs() {
  constexpr int64_t kRoundsTimed = 200'000;
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const int64_t begin = NowNs();
    Compute(kRoundsTimed);
    const auto ns = static_cast<double>(NowNs() - begin);
    best = std::max(best, kRoundsTimed / ns * 1000);
  }
  return best;
}

struct Request {
  int64_t due_ns;  // Since the first.
  int64_t rounds;
  int64_t arrived_ns;
  int64_t took_ns;
};

// The same requests each time, at that share of what one CPU could do.
std::vector<Request> MakeRequests(double load) {
  const double rounds_in_us = RoundsInUs();
  const double mean_us = kShortUs * (1 - kLongShare) + kLongUs * kLongShare;
  std::mt19937_64 random(1);
  std::exponential_distribution<double> gap_us(load / mean_us);
  std::bernoulli_distribution is_long(kLongShare);
  std::vector<Request> requests;
  double due_us = 0;
  for (size_t i = 0; i < kRequests; ++i) {
    due_us += gap_us(random);
    const double work_us = is_long(random) ? kLongUs : kShortUs;
    requests.push_back({static_cast<int64_t>(due_us * 1000),
                        static_cast<int64_t>(work_us * rounds_in_us), 0, 0});
  }
  return requests;
}

void Serve(Request* request) {
  Compute(request->rounds);
  request->took_ns = NowNs() - request->arrived_ns;
}

// Puts the calling thread on the n-th of the process's CPUs.
bool PinTo(int n) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || n-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
  }
  return false;
}

// Has `send` take each request when it is due, from the second CPU, once `go`.
std::jthread Source(std::vector<Request>& requests, const std::atomic<bool>& go,
                    std::function<void(Request* request)> send) {
  return std::jthread([&requests, &go, send = std::move(send)] {
    PinTo(1);
    while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
    const int64_t begin = NowNs();
    for (Request& request : requests) {
      while (NowNs() - begin < request.due_ns) {
      }
      request.arrived_ns = NowNs();
      send(&request);
    }
    send(nullptr);
  });
}

// Sets the counters p50 and p99 to the medians of those of stretches of
// requests, and max. A virtual machine's CPUs stand still for some milliseconds
// a few times in a second, and the hundreds of requests that wait then would be
// the slowest percent of all. Most stretches are without that.
void CountStretches(benchmark::State& state,
                    const std::vector<Request>& requests) {
  constexpr size_t kStretch = 2'000;
  static_assert(kRequests % kStretch == 0);
  std::vector<double> p50;
  std::vector<double> p99;
  double max = 0;
  for (size_t begin = 0; begin < kRequests; begin += kStretch) {
    std::vector<int64_t> took;
    for (size_t i = begin; i < begin + kStretch; ++i) {
      took.push_back(requests[i].took_ns);
    }
    const Percentiles stretch(std::move(took));
    p50.push_back(stretch.p50);
    p99.push_back(stretch.p99);
    max = std::max(max, stretch.max);
  }
  const auto median = [](std::vector<double>& of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
  };
  state.counters["p50"] = median(p50);
  state.counters["p99"] = median(p99);
  state.counters["max"] = max;
}

// Lets `contestant` serve all requests, and counts how long they took.
void Measure(
    benchmark::State& state, double load,
    absl::FunctionRef<void(std::vector<Request>& requests)> contestant) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  if (CPU_COUNT(&allowed) < 2) {
    state.SkipWithError("needs two CPUs: one serves, one sends");
    return;
  }
  for (auto _ : state) {
    std::vector<Request> requests = MakeRequests(load);
    contestant(requests);
    CountStretches(state, requests);
  }
}

// The source's thread keeps both CPUs; this one then stays on the first.
void Jiffy(benchmark::State& state, double load, const char* scheduler,
           absl::Duration slice) {
  Measure(state, load, [&](std::vector<Request>& requests) {
    Channel<Request*> queue(kUnbounded);
    std::atomic<bool> go{false};
    const std::jthread source = Source(requests, go, [&](Request* request) {
      if (request == nullptr) {
        queue.Close();
      } else {
        queue.Send(request).IgnoreError();
      }
    });
    cpu_set_t both;
    sched_getaffinity(0, sizeof both, &both);
    PinTo(0);
    InRun(state, {.scheduler = scheduler, .time_slice = slice}, [&] {
      std::vector<Thread> pool;
      for (int i = 0; i < kPool; ++i) {
        pool.emplace_back([&queue] {
          for (Request* const request : queue) Serve(request);
        });
      }
      this_thread::Yield();
      go.store(true, std::memory_order_release);
    });
    go = true;
    sched_setaffinity(0, sizeof both, &both);
  });
}

void StdThreads(benchmark::State& state, double load) {
  Measure(state, load, [&](std::vector<Request>& requests) {
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<Request*> queue;
    bool over = false;
    std::atomic<bool> go{false};
    const std::jthread source = Source(requests, go, [&](Request* request) {
      const std::lock_guard lock(mutex);
      if (request == nullptr) {
        over = true;
        arrived.notify_all();
      } else {
        queue.push_back(request);
        arrived.notify_one();
      }
    });
    std::vector<std::jthread> pool;
    for (int i = 0; i < kPool; ++i) {
      pool.emplace_back([&] {
        PinTo(0);
        std::unique_lock lock(mutex);
        for (;;) {
          arrived.wait(lock, [&] { return over || !queue.empty(); });
          if (queue.empty()) return;
          Request* const request = queue.front();
          queue.pop_front();
          lock.unlock();
          Serve(request);
          lock.lock();
        }
      });
    }
    go.store(true, std::memory_order_release);
  });
}

void AddRows(const char* row, double load) {
  const auto jiffy = [&](const char* name, const char* scheduler, int us) {
    AddRow(row, name, [=](benchmark::State& state) {
      Jiffy(state, load, scheduler, absl::Microseconds(us));
    })->Iterations(1);
  };
  jiffy("jiffy_rr_50us", "rr", 50);
  jiffy("jiffy_rr_100us", "rr", 100);
  jiffy("jiffy_rr_200us", "rr", 200);
  jiffy("jiffy_rr_500us", "rr", 500);
  jiffy("jiffy_rr_1ms", "rr", 1000);
  jiffy("jiffy_fifo", "fifo", 10'000);
  AddRow(row, "std_thread", [=](benchmark::State& state) {
    StdThreads(state, load);
  })->Iterations(1);
}

[[maybe_unused]] const bool kAdded = [] {
  AddRows("bimodal/50", 0.5);
  AddRows("bimodal/70", 0.7);
  return true;
}();

}  // namespace
}  // namespace jiffy::bench
