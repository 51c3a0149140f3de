#include "bench/instructions/stepper.h"

#include <errno.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/instructions/marker.h"

namespace jiffy::bench {
namespace {

// libc chooses its string functions by what the CPU can do; without these, it
// chooses the same ones everywhere.
constexpr char kPlainCpu[] =
    "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512VL,-AVX512BW,-AVX512F,-AVX2,"
    "-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-RTM";

constexpr int kCannotTrace = 126;

// In the child: becomes the probe, to be traced, at the same addresses always.
[[noreturn]] void BecomeProbe(const char* path) {
  personality(ADDR_NO_RANDOMIZE);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(kCannotTrace);
  char* const argv[] = {const_cast<char*>(path), nullptr};
  char* const envp[] = {const_cast<char*>(kPlainCpu), nullptr};
  execve(path, argv, envp);
  _exit(127);
}

class Stepper {
 public:
  explicit Stepper(pid_t probe) : probe_(probe) {}

  absl::StatusOr<std::map<std::string, int64_t>> Run() {
    int status;
    while (waitpid(probe_, &status, 0) == probe_) {
      if (WIFEXITED(status) || WIFSIGNALED(status)) return Ended(status);
      Continue(Stopped(WSTOPSIG(status)));
    }
    return absl::InternalError(
        absl::StrCat("waiting for the probe: ", strerror(errno)));
  }

 private:
  // Takes note of a stop; returns the signal that the probe is to get.
  int Stopped(int signal) {
    siginfo_t info;
    ptrace(PTRACE_GETSIGINFO, probe_, nullptr, &info);
    if (signal == SIGALRM) return Ticked(info);
    if (signal != SIGTRAP) return signal;
    user_regs_struct registers;
    ptrace(PTRACE_GETREGS, probe_, nullptr, &registers);
    const bool breakpoint = info.si_code == SI_KERNEL;
    if (!breakpoint && section_.has_value() && registers.rip != last_pc_) {
      ++count_;
    }
    last_pc_ = registers.rip;
    if (!breakpoint) return 0;
    if (registers.rdi == kInterrupt) return Interrupt();
    Marked(registers.rdi);
    return 0;
  }

  // While nobody counts, ticks go their way.
  int Ticked(const siginfo_t& info) {
    if (!tick_.has_value()) {
      tick_ = info;
      // It may have been late, which is another path.
      tick_->si_overrun = 0;
    }
    return section_.has_value() ? 0 : SIGALRM;
  }

  // Makes another of the tick that came first.
  int Interrupt() {
    if (!tick_.has_value()) return SIGKILL;
    ptrace(PTRACE_SETSIGINFO, probe_, nullptr, &*tick_);
    return SIGALRM;
  }

  void Marked(size_t section) {
    if (!section_.has_value()) {
      section_ = section;
      count_ = 0;
      return;
    }
    counted_[kSections[section]] =
        static_cast<int64_t>(count_ / kRoundsCounted);
    section_.reset();
  }

  void Continue(int signal) {
    ptrace(section_.has_value() ? PTRACE_SINGLESTEP : PTRACE_CONT, probe_,
           nullptr, signal);
  }

  absl::StatusOr<std::map<std::string, int64_t>> Ended(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == kCannotTrace) {
      return absl::UnimplementedError(
          "this machine lets nobody trace programs");
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      return absl::InternalError(absl::StrCat(
          "the probe ended with ",
          WIFEXITED(status)
              ? absl::StrCat("status ", WEXITSTATUS(status))
              : absl::StrCat("signal ", strsignal(WTERMSIG(status)))));
    }
    if (counted_.size() != kSectionCount) {
      return absl::InternalError(absl::StrCat("the probe counted ",
                                              counted_.size(), " sections of ",
                                              kSectionCount));
    }
    return counted_;
  }

  const pid_t probe_;
  // Being counted, if any.
  std::optional<size_t> section_;
  uint64_t count_ = 0;
  uint64_t last_pc_ = 0;
  // The siginfo of the probe's first tick.
  std::optional<siginfo_t> tick_;
  std::map<std::string, int64_t> counted_;
};

}  // namespace

absl::StatusOr<std::map<std::string, int64_t>> CountInstructions(
    const std::string& probe) {
  const pid_t child = fork();
  if (child < 0) {
    return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  }
  if (child == 0) BecomeProbe(probe.c_str());
  return Stepper(child).Run();
}

}  // namespace jiffy::bench
