#include "tests/torture/crowd.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "runtime/testing.h"
#include "sched/registry.h"
#include "sched/splitmix64.h"
#include "tests/torture/flags.h"
#include "tests/torture/jobs.h"
#include "tests/torture/tick_ledger.h"
#include "tests/torture/ticks.h"

namespace jiffy::torture {
namespace {

// An empty directory while in scope.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string path = ::testing::TempDir() + "/torture-XXXXXX";
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = ".";
};

// Not absl::Now(), which takes one of the program's own locks: where threads
// share thread-local storage, a thread that waits for the lock in the kernel is
// never preempted.
using Clock = std::chrono::steady_clock;

struct Crowd {
  const CrowdOptions& options;
  Failures& failures;
  const Runtime& runtime;
  TickAccount& account;
  std::vector<std::unique_ptr<Job>> jobs = {};
  Clock::time_point end = Clock::now() + std::chrono::seconds(SecondsPerCase());
  std::atomic<uint64_t> rounds{0};
};

// Whether a thread that has done `rounds` jobs is finished.
bool IsDone(const Crowd& crowd, int rounds) {
  if (SecondsPerCase() > 0) return Clock::now() >= crowd.end;
  if (rounds >= crowd.options.rounds) return true;
  const uint64_t enough = crowd.options.enough_interrupts;
  return enough != 0 &&
         Interrupts(crowd.account) + crowd.runtime.Stats().deferred_ticks >=
             enough;
}

// The code of each thread of the crowd.
void DoJobs(Crowd& crowd, int thread) {
  JobContext context = {
      .thread = thread,
      .random = sched::SplitMix64(Seed() + static_cast<uint64_t>(thread)),
      .failures = crowd.failures};
  for (int i = 0; !IsDone(crowd, i); ++i) {
    const uint32_t job =
        context.random.Below(static_cast<uint32_t>(crowd.jobs.size()));
    crowd.jobs[job]->Round(context);
    crowd.rounds.fetch_add(1);
    // The test has failed for good, and only the first messages are kept.
    if (crowd.failures.count() > 1000) return;
  }
}

std::vector<std::unique_ptr<Job>> MakeJobs(const JobSetting& setting) {
  std::vector<std::unique_ptr<Job>> jobs;
  for (const JobInfo& info : AllJobs()) {
    if (!setting.own_tls && !info.shared_tls) continue;
    if (!IsJobWanted(info.name)) continue;
    jobs.push_back(info.make(setting));
  }
  return jobs;
}

}  // namespace

CrowdResult RunCrowd(const CrowdOptions& options, Failures& failures) {
  CrowdResult result;
  TickAccount account;
  RuntimeOptions runtime_options;
  runtime_options.policy = [&](const sched::PolicyConfig& config)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    // With forced ticks, each of them ends a slice.
    sched::PolicyConfig slices = config;
    if (options.forced_tick_ns != 0) slices.slice_ns = options.forced_tick_ns;
    absl::StatusOr<std::unique_ptr<sched::Scheduler>> policy =
        sched::MakePolicy(options.scheduler, slices);
    if (!policy.ok()) return policy.status();
    return std::make_unique<TickLedger>(*std::move(policy), &account);
  };
  runtime_options.seed = Seed();
  runtime_options.time_slice = options.slice;
  runtime_options.tick = options.slice;
  runtime_options.stack_size = size_t{128} << 10;
  runtime_options.shared_tls = options.shared_tls;
  runtime_options.late_static_tls = options.late_static_tls;
  absl::StatusOr<Runtime> runtime = Runtime::Create(runtime_options);
  if (!runtime.ok()) {
    result.status = runtime.status();
    return result;
  }

  const ScratchDirectory directory;
  Crowd crowd = {.options = options,
                 .failures = failures,
                 .runtime = *runtime,
                 .account = account};
  // Linux 0.01 has room for 63, this function's own thread among them.
  const bool few = options.scheduler == "linux-0.01";
  const JobSetting setting = {
      .failures = &failures,
      .directory = directory.path(),
      .own_tls = runtime->features().own_tls,
      .late_static_tls = options.late_static_tls,
      .threads = few ? std::min(48, options.threads) : options.threads,
      .spare_threads = few ? 4 : 1 << 20};
  crowd.jobs = MakeJobs(setting);

  jiffy::testing::ForceTickNs(options.forced_tick_ns);
  jiffy::testing::ForceTicksInLibc(options.ticks_in_libc);
  result.status = runtime->Run([&] {
    std::vector<Thread> threads;
    for (int i = 0; i < setting.threads; ++i) {
      // Linux 0.01: few ticks a turn, or one would have all of a short test.
      threads.emplace_back(ThreadOptions{.priority = few ? 1 + i % 2 : 0},
                           [&crowd, i] { DoJobs(crowd, i); });
    }
    for (Thread& thread : threads) {
      TORTURE_EXPECT(failures, thread.Join().ok());
    }
    ExpectTicksBalance(*runtime, account, failures);
  });
  jiffy::testing::ForceTickNs(0);
  jiffy::testing::ForceTicksInLibc(false);
  for (const std::unique_ptr<Job>& job : crowd.jobs) job->Finish();

  result.stats = runtime->Stats();
  result.rounds = crowd.rounds;
  result.interrupts = account.interrupts;
  TORTURE_EXPECT_EQ(failures, account.charged, account.of_ended_threads);
  TORTURE_EXPECT_EQ(failures, result.stats.threads, account.threads_ended);
  return result;
}

}  // namespace jiffy::torture
