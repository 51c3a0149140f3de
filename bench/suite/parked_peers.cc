// Memory of the peers' threads that wait. What the kernel keeps for its own
// threads (a stack of 16 KiB each, among others) is not in these figures.

#include <pth.h>
#include <st.h>

#include <atomic>
#include <boost/fiber/all.hpp>
#include <cstdint>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/suite/memory.h"
#include "bench/suite/pth.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

template <int64_t kThreads>
void BM_BoostFiber(benchmark::State& state) {
  for (auto _ : state) {
    boost::fibers::mutex mutex;
    boost::fibers::condition_variable changed;
    bool over = false;
    std::vector<boost::fibers::fiber> parked(kThreads);
    const int64_t before = ResidentBytes();
    for (auto& fiber : parked) {
      fiber = boost::fibers::fiber([&] {
        std::unique_lock<boost::fibers::mutex> lock(mutex);
        changed.wait(lock, [&] { return over; });
      });
    }
    boost::this_fiber::yield();  // After this, all wait.
    CountBytes(state, before, kThreads);
    over = true;
    changed.notify_all();
    for (auto& fiber : parked) fiber.join();
  }
}

template <int64_t kThreads>
void BM_StdThread(benchmark::State& state) {
  for (auto _ : state) {
    std::latch all_run(kThreads);
    std::atomic<bool> over{false};
    std::vector<std::jthread> parked(kThreads);
    const int64_t before = ResidentBytes();
    for (auto& thread : parked) {
      thread = std::jthread([&] {
        all_run.count_down();
        over.wait(false);
      });
    }
    all_run.wait();
    CountBytes(state, before, kThreads);
    over = true;
    over.notify_all();
  }
}

// The process ends with these threads: that they wait is all that is asked.
template <int64_t kThreads>
void BM_Pth(benchmark::State& state) {
  const InPth pth(state);
  for (auto _ : state) {
    const int64_t before = ResidentBytes();
    for (int64_t i = 0; i < kThreads; ++i) {
      pth_spawn(
          PTH_ATTR_DEFAULT,
          [](void*) -> void* {
            pth_suspend(pth_self());
            return nullptr;
          },
          nullptr);
    }
    pth_yield(nullptr);
    CountBytes(state, before, kThreads);
  }
}

template <int64_t kThreads>
void BM_StateThreads(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  for (auto _ : state) {
    const st_cond_t over = st_cond_new();
    const int64_t before = ResidentBytes();
    for (int64_t i = 0; i < kThreads; ++i) {
      const st_thread_t thread = st_thread_create(
          [](void* condition) -> void* {
            st_cond_wait(static_cast<st_cond_t>(condition));
            return nullptr;
          },
          over, /*joinable=*/0, /*stack_size=*/0);
      if (thread == nullptr) state.SkipWithError("st_thread_create failed");
    }
    st_usleep(0);
    CountBytes(state, before, kThreads);
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("parked/10k", "boost_fiber", BM_BoostFiber<10'000>)->Iterations(1),
    AddRow("parked/10k", "std_thread", BM_StdThread<10'000>)->Iterations(1),
    AddRow("parked/10k", "pth", BM_Pth<10'000>)->Iterations(1),
    AddRow("parked/10k", "state_threads", BM_StateThreads<10'000>)
        ->Iterations(1),
    AddRow("parked/100k", "boost_fiber", BM_BoostFiber<100'000>)->Iterations(1),
};

}  // namespace
}  // namespace jiffy::bench
