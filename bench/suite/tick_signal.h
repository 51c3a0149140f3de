// The tick's signal, sent when a benchmark wants it: to have each of a million
// threads preempted in its time would take long.
#ifndef JIFFY_BENCH_SUITE_TICK_SIGNAL_H_
#define JIFFY_BENCH_SUITE_TICK_SIGNAL_H_

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace jiffy::bench {

class TickSignal {
 public:
  // Waits for a tick and keeps what it said of itself. Context: green thread,
  // the only one.
  TickSignal() {
    known_ = false;
    struct sigaction mine = {};
    struct sigaction theirs = {};
    mine.sa_sigaction = [](int, siginfo_t* info, void*) {
      info_ = *info;
      known_ = true;
    };
    mine.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGALRM, &mine, &theirs);
    while (!known_) {
    }
    sigaction(SIGALRM, &theirs, nullptr);
  }

  // Has the tick's signal come here and now. Not by libc's function: a tick
  // that lands in libc is put off. Context: green thread. Switches: yes, if
  // there is another one.
  void Raise() const {
    siginfo_t info = info_;
    const pid_t process = getpid();
    const pid_t thread = gettid();
    long result = SYS_rt_tgsigqueueinfo;
    register siginfo_t* r10 asm("r10") = &info;
    asm volatile("syscall"
                 : "+a"(result)
                 : "D"(process), "S"(thread), "d"(SIGALRM), "r"(r10)
                 : "rcx", "r11", "memory");
  }

 private:
  // Of the last tick seen.
  static inline siginfo_t info_;
  static inline std::atomic<bool> known_;
};

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_SUITE_TICK_SIGNAL_H_
