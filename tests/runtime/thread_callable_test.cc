// Any callable with arguments makes a thread, as with std::jthread.
#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

class ThreadCallableTest : public EveryRunModeTest {};

int called_with = 0;
void PlainFunction(int n) { called_with = n; }

TEST_P(ThreadCallableTest, Function_GetsItsArguments) {
  Run([] {
    called_with = 0;
    Thread thread(&PlainFunction, 42);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(called_with, 42);
  });
}

TEST_P(ThreadCallableTest, Arguments_AreCopiedUnlessWrapped) {
  Run([] {
    std::string copied = "before";
    std::string referred = "before";
    std::string seen;
    Thread thread(
        [&seen](std::string by_value, std::string& by_reference) {
          seen = by_value;
          by_reference = "changed by the thread";
        },
        copied, std::ref(referred));
    copied = "changed by the spawner";
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(seen, "before");
    EXPECT_EQ(referred, "changed by the thread");
  });
}

TEST_P(ThreadCallableTest, MoveOnlyCallableAndArgument_AreMovedToTheThread) {
  Run([] {
    auto captured = std::make_unique<int>(1);
    auto argument = std::make_unique<int>(2);
    int sum = 0;
    Thread thread([&sum, captured = std::move(captured)](
                      std::unique_ptr<int> n) { sum = *captured + *n; },
                  std::move(argument));
    EXPECT_EQ(argument, nullptr);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(sum, 3);
  });
}

struct Account {
  int balance = 0;
  void Add(int n) { balance += n; }
  void AddUntilStopped(std::stop_token stop, int n) {
    while (!stop.stop_requested()) {
      this_thread::Yield();
    }
    balance += n;
  }
};

TEST_P(ThreadCallableTest, MemberFunction_IsCalledOnTheObject) {
  Run([] {
    Account account;
    Thread thread(&Account::Add, &account, 5);
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(account.balance, 5);
    Thread by_reference(&Account::Add, std::ref(account), 6);
    EXPECT_TRUE(by_reference.Join().ok());
    EXPECT_EQ(account.balance, 11);
  });
}

TEST_P(ThreadCallableTest, FunctionObject_IsCalledWithItsState) {
  struct Adder {
    int* sum;
    int by;
    void operator()() { *sum += by; }
  };
  Run([] {
    int sum = 1;
    Thread thread(Adder{&sum, 2});
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(sum, 3);
  });
}

TEST_P(ThreadCallableTest, ReturnValue_IsIgnoredAndDestroyed) {
  Run([] {
    auto tracked = std::make_shared<int>(0);
    Thread thread([tracked] { return tracked; });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(tracked.use_count(), 1);
  });
}

TEST_P(ThreadCallableTest, StopTokenFirst_IsTheThreads) {
  Run([] {
    int seen = 0;
    bool same = false;
    Thread thread(
        [&](std::stop_token stop, int n) {
          seen = n;
          same = stop == this_thread::StopToken();
          while (!stop.stop_requested()) this_thread::Yield();
        },
        7);
    EXPECT_TRUE(thread.RequestStop());
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(seen, 7);
    EXPECT_TRUE(same);
  });
}

TEST_P(ThreadCallableTest, MemberFunctionWithStopToken_GetsTheObjectFirst) {
  // As with std::jthread, the token is the callable's first argument. The first
  // argument of a member function is the object, so a lambda passes the token
  // on.
  Run([] {
    Account account;
    Thread thread(
        [](std::stop_token stop, Account* a) { a->AddUntilStopped(stop, 3); },
        &account);
    EXPECT_TRUE(thread.RequestStop());
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_EQ(account.balance, 3);
  });
}

TEST_P(ThreadCallableTest, WithoutStopToken_CannotBeStopped) {
  Run([] {
    bool possible = true;
    Thread thread([&] { possible = this_thread::StopToken().stop_possible(); });
    EXPECT_FALSE(thread.RequestStop());
    EXPECT_FALSE(thread.GetStopSource().stop_possible());
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_FALSE(possible);
  });
}

TEST_P(ThreadCallableTest, OverAlignedCallable_LiesAligned) {
  struct alignas(256) Wide {
    int value;
  };
  Run([] {
    const Wide wide = {9};
    bool aligned = false;
    int value = 0;
    Thread thread([&, wide] {
      aligned = IsAligned(&wide, alignof(Wide));
      value = wide.value;
    });
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(aligned);
    EXPECT_EQ(value, 9);
  });
}

TEST_P(ThreadCallableTest, ThreadsThatSpawn_AllRun) {
  spare_slots_ = 16;
  Run([] {
    std::atomic<int> leaves = 0;
    {
      std::vector<Thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&leaves] {
          std::vector<Thread> children;
          for (int j = 0; j < 4; ++j) children.emplace_back([&] { leaves++; });
          for (Thread& child : children) EXPECT_TRUE(child.Join().ok());
        });
      }
      for (Thread& thread : threads) EXPECT_TRUE(thread.Join().ok());
    }
    EXPECT_EQ(leaves, 16);
  });
}

// A stop_callback's destructor decides by the thread's identity whether to wait
// until the callback returns. It waits in the kernel, until a tick lets the
// others run.
class StopCallbackTest : public OwnTlsTest {
 public:
  static std::vector<RunMode> RunModes() {
    std::vector<RunMode> modes = PreemptiveRunModes();
    std::erase_if(modes, [](const RunMode& mode) { return mode.shared_tls; });
    return modes;
  }
};

TEST_P(StopCallbackTest, Destructor_WaitsForTheCallInAnotherThread) {
  Run([] {
    std::atomic<bool> registered = false;
    std::atomic<bool> called = false;
    std::atomic<bool> ended = false;
    bool ended_in_time = false;
    Thread thread([&](std::stop_token token) {
      {
        const std::stop_callback callback(token, [&] {
          called = true;
          for (int i = 0; i < 10; ++i) this_thread::Yield();
          ended = true;
        });
        registered = true;
        while (!called) this_thread::Yield();
      }
      ended_in_time = ended;
    });
    while (!registered) this_thread::Yield();
    EXPECT_TRUE(thread.RequestStop());
    EXPECT_TRUE(thread.Join().ok());
    EXPECT_TRUE(ended_in_time);
  });
}

INSTANTIATE_TEST_SUITE_P(RunModes, StopCallbackTest,
                         ::testing::ValuesIn(StopCallbackTest::RunModes()),
                         RunModeName);

INSTANTIATE_TEST_SUITE_P(RunModes, ThreadCallableTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
