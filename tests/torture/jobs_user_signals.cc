// The program's own signal handlers, which preemption also affects: on the
// thread's stack, and on the alternate one, where it must wait. Also a handler
// for the tick's own signal, which gets the signals that no runtime timer sent.

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

// Counts the handlers that ran in this thread.
thread_local volatile uint32_t handled = 0;

void Handle(int) {
  // Long enough to be interrupted.
  Spin(10'000);
  handled = handled + 1;
}

std::atomic<uint64_t> alarms{0};

void HandleAlarm(int) {
  alarms.fetch_add(1);
  errno = EDOM;
}

class UserSignalJob final : public Job {
 public:
  explicit UserSignalJob(const JobSetting& setting)
      : failures_(*setting.failures) {
    // The mask is the OS thread's, so a preempted handler must not leave one to
    // the threads that run after it.
    Install(SIGUSR1, &Handle, SA_NODEFER, &old_plain_);
    Install(SIGUSR2, &Handle, SA_NODEFER | SA_ONSTACK, &old_on_stack_);
    // Before the run, which then finds it there.
    Install(SIGALRM, &HandleAlarm, 0, &old_alarm_);
    alarms = 0;
  }

  ~UserSignalJob() override {
    sigaction(SIGUSR1, &old_plain_, nullptr);
    sigaction(SIGUSR2, &old_on_stack_, nullptr);
    sigaction(SIGALRM, &old_alarm_, nullptr);
  }

  void Round(JobContext& context) override {
    const uint32_t before = handled;
    for (uint32_t i = 1; i <= 3; ++i) {
      raise(context.random.Below(2) == 0 ? SIGUSR1 : SIGUSR2);
      TORTURE_EXPECT_EQ(failures_, before + i, uint32_t{handled});
    }
    errno = context.thread;
    // Lost if a tick is pending: there is one SIGALRM at a time. If ticks come
    // as fast as the machine allows, most are lost.
    raise(SIGALRM);
    TORTURE_EXPECT_EQ(failures_, context.thread, errno);
    raised_.fetch_add(1);
  }

  void Finish() override {
    if (raised_ >= kNotAllLost) TORTURE_EXPECT(failures_, alarms > 0);
  }

 private:
  // So many signals are never all lost.
  static constexpr int kNotAllLost = 200;

  static void Install(int signal, void (*handler)(int), int flags,
                      struct sigaction* old) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, old);
  }

  Failures& failures_;
  struct sigaction old_plain_;
  struct sigaction old_on_stack_;
  struct sigaction old_alarm_;
  std::atomic<int> raised_{0};
};

}  // namespace

std::unique_ptr<Job> MakeUserSignalJob(const JobSetting& setting) {
  return std::make_unique<UserSignalJob>(setting);
}

}  // namespace jiffy::torture
