// Without //runtime/interpose, a green thread cannot end by pthread_exit,
// thrd_exit or cancellation: the program ends with a message that names the
// thread and the target to link. OS threads end as usual.
#include <pthread.h>
#include <signal.h>
#include <threads.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::KilledBySignal;

constexpr char kMessage[] =
    "thread 'leaver' \\(#2\\) called pthread_exit or thrd_exit, or was "
    "cancelled.*//runtime/interpose";

class RefusedExitTest : public EveryRunModeTest {
 protected:
  void RunThread(void (*body)()) {
    RunOnce([&] {
      Thread thread({.name = "leaver"}, body);
      thread.Join().IgnoreError();
    }).IgnoreError();
    _exit(0);
  }
};

TEST_P(RefusedExitTest, PthreadExit_NamesThreadAndWhatToLink) {
  EXPECT_EXIT(RunThread([] { pthread_exit(nullptr); }), KilledBySignal(SIGABRT),
              kMessage);
}

TEST_P(RefusedExitTest, ThrdExit_NamesThreadAndWhatToLink) {
  EXPECT_EXIT(RunThread([] { thrd_exit(0); }), KilledBySignal(SIGABRT),
              kMessage);
}

TEST_P(RefusedExitTest, ThreadCancelsItself_NamesThreadAndWhatToLink) {
  EXPECT_EXIT(RunThread([] {
                pthread_cancel(pthread_self());
                pthread_testcancel();
              }),
              KilledBySignal(SIGABRT), kMessage);
}

TEST_P(RefusedExitTest, ThreadIsCancelled_NamesThreadAndWhatToLink) {
  EXPECT_EXIT(RunThread([] {
                const pthread_t self = pthread_self();
                Thread([self] { pthread_cancel(self); }).Join().IgnoreError();
                pthread_testcancel();
              }),
              KilledBySignal(SIGABRT), kMessage);
}

// Ends by pthread_exit with its argument.
void* Exit(void* result) { pthread_exit(result); }

TEST_P(RefusedExitTest, OsThreadDuringARun_ExitsAsEver) {
  Run([] {
    int object = 0;
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, nullptr, &Exit, &object), 0);
    void* result = nullptr;
    EXPECT_EQ(pthread_join(thread, &result), 0);
    EXPECT_EQ(result, &object);
  });
}

TEST_P(RefusedExitTest, OsThreadAfterItsRun_ExitsAsEver) {
  pthread_t thread;
  const auto run_and_exit = [](void* options) -> void* {
    EXPECT_TRUE(
        jiffy::Run(*static_cast<const RuntimeOptions*>(options), [] {}).ok());
    pthread_exit(options);
  };
  ASSERT_EQ(pthread_create(&thread, nullptr, run_and_exit, &options_), 0);
  void* result = nullptr;
  EXPECT_EQ(pthread_join(thread, &result), 0);
  EXPECT_EQ(result, &options_);
}

INSTANTIATE_TEST_SUITE_P(RunModes, RefusedExitTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

}  // namespace
}  // namespace jiffy
