// Fails in each way that repeat_test checks.

#include <cstdio>
#include <cstdlib>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace {

TEST(Subject, Passes) {}

TEST(Subject, Fails) { EXPECT_EQ(1, 2); }

TEST(Subject, Aborts) { abort(); }

TEST(Subject, Crashes) {
  jiffy::Run({}, [] {
    *static_cast<volatile int*>(nullptr) = 1;
  }).IgnoreError();
}

TEST(Subject, Hangs) {
  jiffy::Event never;
  jiffy::Run({}, [&] {
    const jiffy::Thread waiter({.name = "waiter"}, [&] { never.Wait(); });
    jiffy::this_thread::Yield();  // It waits before anybody is told.
    printf("hanging\n");
    fflush(stdout);
    while (true) jiffy::this_thread::SleepFor(absl::Seconds(1));
  }).IgnoreError();
}

}  // namespace
