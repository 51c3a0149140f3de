// If the kernel refuses timers, at the start or later, the error names the
// call: no run hangs without ticks.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy {
namespace {

// Makes the kernel refuse timer_settime to the calling OS thread.
void DenyTimerSettime() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timer_settime, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = std::size(filter), .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("seccomp");
    exit(2);
  }
}

// Limits the pending signals of the process' user, of which each timer counts
// as one. Returns the old limit.
rlim_t LimitPendingSignals(rlim_t most) {
  rlimit limit;
  if (getrlimit(RLIMIT_SIGPENDING, &limit) != 0) exit(2);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = most;
  if (setrlimit(RLIMIT_SIGPENDING, &limit) != 0) exit(2);
  return before;
}

// Runs a thread that would hang without ticks: it spins until another has run.
absl::Status SpinInARun() {
  return jiffy::Run({}, [] {
    volatile bool ran = false;
    Thread other([&] { ran = true; });
    while (!ran) {
    }
    other.Join().IgnoreError();
  });
}

[[noreturn]] void ReportAndExit(const absl::Status& status) {
  fprintf(stderr, "%s\n", status.ToString().c_str());
  exit(status.ok() ? 0 : 1);
}

TEST(TimerRefused, SettingIsDenied_RunSaysSo) {
  EXPECT_EXIT(
      {
        DenyTimerSettime();
        ReportAndExit(SpinInARun());
      },
      ::testing::ExitedWithCode(1),
      "PERMISSION_DENIED: timer_settime for the scheduler tick.*seccomp");
}

TEST(TimerRefused, NoMoreSignalsMayBePending_RunSaysSo) {
  EXPECT_EXIT(
      {
        LimitPendingSignals(0);
        ReportAndExit(SpinInARun());
      },
      ::testing::ExitedWithCode(1),
      "timer_create for the scheduler tick.*RLIMIT_SIGPENDING");
}

TEST(TimerRefused, AfterARefusal_TheNextRunWorks) {
  EXPECT_EXIT(
      {
        const rlim_t before = LimitPendingSignals(0);
        if (SpinInARun().ok()) exit(3);
        LimitPendingSignals(before);
        ReportAndExit(SpinInARun());
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(TimerRefused, DeniedInMidRun_SleeperEndsTheProgramWithAMessage) {
  EXPECT_EXIT(
      {
        jiffy::Run({}, [] {
          DenyTimerSettime();
          this_thread::SleepFor(absl::Milliseconds(1));
        }).IgnoreError();
      },
      ::testing::KilledBySignal(SIGABRT),
      "jiffy: timer_settime for the first sleeper is refused");
}

TEST(TimerRefused, DeniedInMidRun_EndOfIdlingEndsTheProgramWithAMessage) {
  EXPECT_EXIT(
      {
        jiffy::Run({}, [] {
          DenyTimerSettime();
          Event event(Event::Reset::kAuto);
          std::atomic<bool> done = false;
          // It does not always find the worker idle.
          std::thread other([&] {
            for (int i = 0; i < 1'000; ++i) {
              absl::SleepFor(absl::Milliseconds(1));
              event.Set();
            }
            done = true;
            event.Set();
          });
          while (!done) event.Wait();
          other.join();
        }).IgnoreError();
      },
      ::testing::KilledBySignal(SIGABRT),
      "jiffy: timer_settime for the scheduler tick is refused");
}

}  // namespace
}  // namespace jiffy
