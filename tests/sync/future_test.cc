// Futures, promises and Async: results and errors arrive once, at the thread
// that waits for them.
#include "runtime/sync/future.h"

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/sync/sync_fixture.h"

namespace jiffy {
namespace {

class FutureTest : public SyncTest {};

// Returns the code of the std::future_error that `f` throws.
template <typename F>
std::error_code FutureErrorOf(F f) {
  try {
    f();
  } catch (const std::future_error& e) {
    return e.code();
  }
  return {};
}

TEST_P(FutureTest, Async_ReturnsWhatTheFunctionDoes) {
  Run([] {
    Future<int> sum = Async([](int a, int b) { return a + b; }, 40, 2);
    Future<std::unique_ptr<std::string>> text =
        Async([] { return std::make_unique<std::string>("moved"); });
    int target = 0;
    Future<int&> reference = Async([&]() -> int& { return target; });
    Future<void> nothing = Async({.name = "named"}, [&] {
      EXPECT_EQ(this_thread::Name(), "named");
      target = 1;
    });
    EXPECT_EQ(sum.get(), 42);
    EXPECT_EQ(*text.get(), "moved");
    nothing.get();
    EXPECT_EQ(&reference.get(), &target);
    EXPECT_EQ(target, 1);
    EXPECT_FALSE(sum.valid());
    EXPECT_EQ(FutureErrorOf([&] { sum.get(); }), std::future_errc::no_state);
    EXPECT_EQ(FutureErrorOf([&] { sum.wait(); }), std::future_errc::no_state);
  });
}

TEST_P(FutureTest, Exception_IsRethrownWhereTheResultIsTaken) {
  Run([] {
    Future<int> future =
        Async([]() -> int { throw std::runtime_error("lost"); });
    EXPECT_THROW(future.get(), std::runtime_error);
  });
}

TEST_P(FutureTest, ManyWaiters_AllWake) {
  Run([] {
    Promise<std::string> promise;
    SharedFuture<std::string> future = promise.get_future().share();
    std::vector<Thread> threads;
    for (int i = 0; i < kCrowd; ++i) {
      threads.emplace_back([future] { EXPECT_EQ(future.get(), "done"); });
    }
    std::thread os([future] { EXPECT_EQ(future.get(), "done"); });
    for (const Thread& thread : threads) AwaitBlocked(thread);
    promise.set_value("done");
    JoinAll(threads);
    os.join();
  });
}

TEST_P(FutureTest, PromiseKeptByAnOsThread_WakesTheGreenOne) {
  Run([] {
    for (int i = 0; i < 100; ++i) {
      Promise<int> promise;
      Future<int> future = promise.get_future();
      std::thread os([&, promise = std::move(promise)]() mutable {
        promise.set_value(i);
      });
      EXPECT_EQ(future.get(), i);
      os.join();
    }
  });
}

TEST_P(FutureTest, Waits_EndByTimeAndStop) {
  Run([] {
    Promise<int> promise;
    Future<int> future = promise.get_future();
    EXPECT_EQ(future.wait_for(absl::Milliseconds(1)),
              std::future_status::timeout);
    EXPECT_EQ(future.wait_for(std::chrono::seconds(-1)),
              std::future_status::timeout);
    EXPECT_EQ(future.wait_until(std::chrono::steady_clock::now() +
                                std::chrono::milliseconds(1)),
              std::future_status::timeout);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(future.Wait({.stop = stop.get_token()}), WaitResult::kStopped);
    promise.set_value(1);
    EXPECT_EQ(future.wait_for(absl::ZeroDuration()), std::future_status::ready);
    EXPECT_EQ(future.get(), 1);
  });
}

TEST_P(FutureTest, PromiseMisused_SaysHow) {
  Run([] {
    Promise<int> promise;
    Future<int> future = promise.get_future();
    EXPECT_EQ(FutureErrorOf([&] { promise.get_future(); }),
              std::future_errc::future_already_retrieved);
    promise.set_value(1);
    EXPECT_EQ(FutureErrorOf([&] { promise.set_value(2); }),
              std::future_errc::promise_already_satisfied);
    EXPECT_EQ(FutureErrorOf([&] {
                promise.set_exception(
                    std::make_exception_ptr(std::runtime_error("x")));
              }),
              std::future_errc::promise_already_satisfied);
    EXPECT_EQ(future.get(), 1);
    Future<int> broken = Promise<int>().get_future();
    EXPECT_EQ(FutureErrorOf([&] { broken.get(); }),
              std::future_errc::broken_promise);
    Promise<int> moved = std::move(promise);
    EXPECT_EQ(FutureErrorOf([&] { promise.set_value(1); }),
              std::future_errc::no_state);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, FutureTest, ::testing::ValuesIn(SyncModes()),
                         RunModeName);

TEST(Async, OutsideOfARun_Throws) {
  EXPECT_THROW(Async([] { return 1; }).wait(), std::system_error);
}

}  // namespace
}  // namespace jiffy
