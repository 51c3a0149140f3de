#include "tests/runtime/run_fixture.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/worker.h"
#include "runtime/testing.h"
#include "sched/registry.h"
#include "sched/scheduler.h"
#include "signals/preempt.h"

namespace jiffy {
namespace {

constexpr int kSignals[] = {SIGALRM, SIGSEGV, SIGBUS};

bool Emulated() { return getenv("JIFFY_EMULATED") != nullptr; }

}  // namespace

RunTest::RunTest() {
  options_.time_slice = kMinTimeSlice;
  options_.tick = RealTick(kMinTimeSlice);
}

void RunTest::SetUp() {
  slots_before_ = testing::CarvedSlots();
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &actions_before_[i]);
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_before_);
  sigaltstack(nullptr, &stack_before_);
}

void RunTest::TearDown() {
  const signals::TaskHead& head = signals::task_frame.head;
  EXPECT_EQ(head.cpu, nullptr);
  EXPECT_EQ(head.current, nullptr);
  EXPECT_EQ(head.preempt_count, 0u);

  EXPECT_LE(testing::CarvedSlots() - slots_before_,
            most_threads_ + spare_slots_)
      << "a stack that ended was not used again";
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction now;
    sigaction(kSignals[i], nullptr, &now);
    EXPECT_EQ(now.sa_handler, actions_before_[i].sa_handler)
        << strsignal(kSignals[i]);
    // libc adds a flag of its own to actions that it has set.
    constexpr int kRestorer = 0x04000000;
    EXPECT_EQ(now.sa_flags & ~kRestorer,
              actions_before_[i].sa_flags & ~kRestorer)
        << strsignal(kSignals[i]);
  }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    EXPECT_EQ(sigismember(&mask, signal), sigismember(&mask_before_, signal))
        << strsignal(signal);
  }
  stack_t stack;
  sigaltstack(nullptr, &stack);
  EXPECT_EQ(stack.ss_flags, stack_before_.ss_flags);
  if ((stack.ss_flags & SS_DISABLE) == 0) {
    EXPECT_EQ(stack.ss_sp, stack_before_.ss_sp);
  }
}

absl::Status RunTest::RunOnce(absl::FunctionRef<void()> fn) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  if (!runtime.ok()) return runtime.status();
  const absl::Status status = runtime->Run(fn);
  stats_ = runtime->Stats();
  most_threads_ = std::max(most_threads_, stats_.most_threads);
  return status;
}

void RunTest::Run(absl::FunctionRef<void()> fn) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  for (int i = 0; i < repetitions_; ++i) {
    const absl::Status status = runtime->Run(fn);
    ASSERT_TRUE(status.ok()) << status;
    stats_ = runtime->Stats();
    most_threads_ = std::max(most_threads_, stats_.most_threads);
  }
}

// The runtime keeps its promises under every policy; these four represent the
// kinds: never preempting, slices, chance, counters. tests/sched tests every
// policy with the conformance suite.
std::vector<RunMode> AllRunModes() {
  std::vector<RunMode> modes;
  for (const char* policy : {"fifo", "rr", "random", "linux-0.01"}) {
    modes.push_back({.scheduler = policy, .shared_tls = false});
    modes.push_back({.scheduler = policy, .shared_tls = true});
  }
  return modes;
}

std::vector<RunMode> PreemptiveRunModes() {
  std::vector<RunMode> modes = AllRunModes();
  std::erase_if(modes,
                [](const RunMode& mode) { return mode.scheduler == "fifo"; });
  return modes;
}

std::vector<RunMode> OwnTlsRunModes() {
  std::vector<RunMode> modes = AllRunModes();
  std::erase_if(modes, [](const RunMode& mode) { return mode.shared_tls; });
  return modes;
}

std::vector<std::string> PolicyNames() {
  std::vector<std::string> names;
  for (const sched::PolicyInfo& info : sched::AllPolicies()) {
    names.push_back(info.name);
  }
  return names;
}

std::string TestName(std::string policy) {
  std::replace_if(
      policy.begin(), policy.end(), [](char c) { return !std::isalnum(c); },
      '_');
  return policy;
}

std::string RunModeName(const ::testing::TestParamInfo<RunMode>& info) {
  return TestName(info.param.scheduler) +
         (info.param.shared_tls ? "_SharedTls" : "_OwnTls");
}

std::string SharedTlsReason(const RuntimeOptions& options) {
  const absl::StatusOr<Runtime> runtime = Runtime::Create(options);
  EXPECT_TRUE(runtime.ok()) << runtime.status();
  if (!runtime.ok() || runtime->features().own_tls) return "";
  return runtime->features().shared_tls_reason;
}

void OwnTlsTest::SetUp() {
  EveryRunModeTest::SetUp();
  if (const std::string reason = SharedTlsReason(options_); !reason.empty()) {
    // The promises of an OwnTlsTest hold only for threads with their own
    // blocks.
    GTEST_SKIP() << reason;
  }
}

// No guard here: a thread that waits for ticks must be preemptible meanwhile.
uint64_t Jiffies() { return sched::CurrentHost()->Jiffies(); }

uint64_t TicksDelivered() {
  return internal::CurrentWorker()->ticks_delivered();
}

uint64_t ChargeableTicks() { return internal::CurrentWorker()->ticks_seen; }

bool TickIsBlocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, SIGALRM) == 1;
}

ThreadOptions ShortTurns() {
  // Under Linux 0.01 the priority is a turn's length in ticks.
  return {.priority =
              sched::CurrentHost()->scheduler().name() == "linux-0.01" ? 1 : 0};
}

bool IsAligned(const void* address, size_t alignment) {
  return reinterpret_cast<uintptr_t>(address) % alignment == 0;
}

absl::Duration RealTick(absl::Duration wanted) {
  return std::max({wanted, absl::Nanoseconds(signals::kShortestTickNs),
                   absl::Microseconds(Emulated() ? 200 : 0)});
}

int64_t ShortTickNs(int64_t wanted_ns) {
  constexpr int64_t kEmulatedNs = 500'000;
#if defined(__i386__)
  constexpr int64_t kShortestNs = 50'000;
#else
  constexpr int64_t kShortestNs = 0;
#endif
  return std::max(wanted_ns, Emulated() ? kEmulatedNs : kShortestNs);
}

void SpinForTicks(uint64_t ticks) {
  const uint64_t end = ChargeableTicks() + ticks;
  while (ChargeableTicks() < end) {
  }
}

CapturedStderr::CapturedStderr()
    : saved_(dup(STDERR_FILENO)), file_(memfd_create("stderr", MFD_CLOEXEC)) {
  dup2(file_, STDERR_FILENO);
}

CapturedStderr::~CapturedStderr() {
  dup2(saved_, STDERR_FILENO);
  close(saved_);
  close(file_);
}

std::string CapturedStderr::AllText() const {
  std::string text;
  char buffer[4096];
  ssize_t n;
  while ((n = pread(file_, buffer, sizeof buffer,
                    static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

std::string CapturedStderr::Text() const {
  std::string text = AllText();
  size_t at;
  while ((at = text.find("jiffy: green threads share thread-local storage")) !=
         std::string::npos) {
    text.erase(at, text.find('\n', at) - at + 1);
  }
  return text;
}

int OsThreads() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The name, field 2, is in brackets and may hold anything.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  constexpr int kNumThreads = 20;
  for (int i = 3; i <= kNumThreads; ++i) fields >> field;
  return std::stoi(field);
}

}  // namespace jiffy
