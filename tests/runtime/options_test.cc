// Bad input is refused before anything happens, with a message that names the
// option, its value and what is allowed.
#include <signal.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using ::testing::HasSubstr;

// Matches an error of that code whose message has all of the parts.
::testing::AssertionResult IsError(const absl::Status& status,
                                   absl::StatusCode code,
                                   const std::vector<std::string>& parts) {
  if (status.code() != code) {
    return ::testing::AssertionFailure() << "is " << status;
  }
  for (const std::string& part : parts) {
    if (std::string(status.message()).find(part) == std::string::npos) {
      return ::testing::AssertionFailure()
             << "does not say '" << part << "': " << status;
    }
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult IsInvalid(const absl::Status& status,
                                     const std::vector<std::string>& parts) {
  return IsError(status, absl::StatusCode::kInvalidArgument, parts);
}

absl::Status Start(const RuntimeOptions& options) {
  bool ran = false;
  absl::Status status = jiffy::Run(options, [&] { ran = true; });
  EXPECT_EQ(ran, status.ok()) << status;
  return status;
}

TEST(RuntimeOptions, UnknownScheduler_NamesItAndListsAll) {
  const absl::Status status = Start({.scheduler = "fastest"});
  EXPECT_TRUE(IsError(status, absl::StatusCode::kNotFound, {"\"fastest\""}));
  for (const sched::PolicyInfo& policy : sched::AllPolicies()) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(policy.name));
  }
}

TEST(RuntimeOptions, UnknownParameterOfScheduler_NamesIt) {
  EXPECT_TRUE(IsInvalid(
      Start({.scheduler = "rr", .scheduler_params = {{"quantum", "3"}}}),
      {"quantum", "rr"}));
}

TEST(RuntimeOptions, TimeSliceOutOfRange_NamesItsValueAndTheLimits) {
  const std::vector<std::pair<absl::Duration, std::string>> bad = {
      {absl::ZeroDuration(), "time_slice = 0"},
      {absl::Microseconds(10), "time_slice = 10us"},
      {absl::Nanoseconds(49'999), "time_slice = 49.999us"},
      {absl::Milliseconds(-5), "time_slice = -5ms"},
      {absl::Hours(2), "time_slice = 2h"},
      {absl::InfiniteDuration(), "time_slice = inf"},
  };
  for (const auto& [slice, said] : bad) {
    EXPECT_TRUE(IsInvalid(Start({.time_slice = slice}), {said, "50us", "1h"}));
  }
  EXPECT_TRUE(Start({.time_slice = absl::Microseconds(50)}).ok());
  EXPECT_TRUE(Start({.time_slice = absl::Hours(1)}).ok());
}

TEST(RuntimeOptions, TickOutOfRange_NamesItsValueAndTheLimits) {
  for (const absl::Duration tick :
       {absl::ZeroDuration(), absl::Microseconds(10), absl::Seconds(-1)}) {
    EXPECT_TRUE(
        IsInvalid(Start({.tick = tick}),
                  {"tick = " + absl::FormatDuration(tick), "50us", "1h"}));
  }
}

TEST(RuntimeOptions, StackOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(IsInvalid(Start({.stack_size = 1024}),
                        {"stack_size = 1024", "16384", "1073741824"}));
  EXPECT_TRUE(
      IsInvalid(Start({.main_stack_size = 0}), {"main_stack_size = 0"}));
  EXPECT_TRUE(IsInvalid(Start({.stack_size = kMaxStackSize + 1}),
                        {"stack_size = 1073741825"}));
}

TEST(RuntimeOptions, GuardSizeOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(IsInvalid(Start({.guard_size = 0}),
                        {"guard_size = 0", "4096", "67108864"}));
  EXPECT_TRUE(IsInvalid(Start({.guard_size = kMaxGuardSize + 1}),
                        {"guard_size = 67108865"}));
}

// Signals of faults: a tick would not remove the fault.
constexpr std::pair<int, const char*> kRefusedSignals[] = {
    {SIGKILL, "SIGKILL cannot"},
    {SIGSTOP, "SIGSTOP cannot"},
    {SIGILL, "SIGILL tells of a fault"},
    {SIGTRAP, "SIGTRAP tells of a fault"},
    {SIGBUS, "SIGBUS tells of a fault"},
    {SIGFPE, "SIGFPE tells of a fault"},
    {SIGSEGV, "SIGSEGV tells of a fault"},
    {SIGSYS, "SIGSYS tells of a fault"},
    {32, "libc's own"},
    {33, "libc's own"},
    {-1, "no signal"},
    {65, "no signal"},
};

TEST(RuntimeOptions, SignalThatCannotBeTheTick_IsNamed) {
  for (const auto& [signal, why] : kRefusedSignals) {
    EXPECT_TRUE(
        IsInvalid(Start({.signal = signal}),
                  {"signal = " + std::to_string(signal), why, "from 1 to 31"}));
  }
  EXPECT_TRUE(IsInvalid(Start({.signal = 0}), {"signal = 0", "no signal"}));
}

TEST(RuntimeOptions, DumpSignalThatCannotBe_IsNamed) {
  for (const auto& [signal, why] : kRefusedSignals) {
    EXPECT_TRUE(IsInvalid(
        Start({.dump_signal = signal}),
        {"dump_signal = " + std::to_string(signal), why, "from 1 to 31"}));
  }
  EXPECT_TRUE(IsInvalid(Start({.signal = SIGUSR1, .dump_signal = SIGUSR1}),
                        {"dump_signal = 10", "timer interrupt"}));
}

TEST(RuntimeOptions, PolicyFactoryThatMakesNone_IsRefused) {
  RuntimeOptions options;
  options.policy = [](const sched::PolicyConfig&) {
    return std::unique_ptr<sched::Scheduler>();
  };
  EXPECT_TRUE(IsInvalid(Start(options), {"policy"}));
}

TEST(RuntimeOptions, PolicyFactoryThatFails_ItsErrorIsReturned) {
  RuntimeOptions options;
  options.policy = [](const sched::PolicyConfig&)
      -> absl::StatusOr<std::unique_ptr<sched::Scheduler>> {
    return absl::DataLossError("out of dice");
  };
  EXPECT_TRUE(
      IsError(Start(options), absl::StatusCode::kDataLoss, {"out of dice"}));
}

class ThreadOptionsTest : public EveryRunModeTest {
 protected:
  // Returns the result of a spawn with these options.
  absl::Status Spawn(const ThreadOptions& options) {
    absl::Status result;
    Run([&] {
      bool ran = false;
      absl::StatusOr<Thread> thread =
          Thread::Spawn(options, [&] { ran = true; });
      result = thread.status();
      if (thread.ok()) {
        EXPECT_TRUE(thread->Join().ok());
      }
      EXPECT_EQ(ran, result.ok()) << result;
    });
    return result;
  }
};

// Returns the result of a spawn with these options under a policy.
absl::Status SpawnUnder(const std::string& scheduler,
                        const ThreadOptions& options) {
  absl::Status result;
  EXPECT_TRUE(jiffy::Run({.scheduler = scheduler}, [&] {
                result = Thread::Spawn(options, [] {}).status();
                if (result.ok()) return;
                try {
                  Thread thread(options, [] {});
                  ADD_FAILURE() << "spawned";
                } catch (const std::system_error& error) {
                  EXPECT_EQ(error.code(),
                            absl::IsInvalidArgument(result)
                                ? std::errc::invalid_argument
                                : std::errc::resource_unavailable_try_again);
                }
              }).ok());
  return result;
}

TEST(PolicyRefusal, Parameters_AreAnInvalidArgument) {
  EXPECT_TRUE(IsInvalid(SpawnUnder("edf", {.runtime = absl::Milliseconds(1)}),
                        {"no period"}));
  for (const char* scheduler : {"linux-2.4", "linux-o1"}) {
    EXPECT_TRUE(IsInvalid(
        SpawnUnder(scheduler,
                   {.priority = 100, .sched_class = sched::SchedClass::kFifo}),
        {"1 to 99"}));
  }
}

TEST(PolicyRefusal, LackOfRoom_IsResourceExhausted) {
  const absl::Status status = SpawnUnder(
      "edf",
      {.period = absl::Milliseconds(10), .runtime = absl::Milliseconds(10)});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(jiffy::Run({.scheduler = "edf"}, [] {
                const ThreadOptions half = {.period = absl::Milliseconds(10),
                                            .runtime = absl::Milliseconds(6)};
                Event go;
                Thread first(half, [&go] { go.Wait(); });
                EXPECT_TRUE(IsError(Thread::Spawn(half, [] {}).status(),
                                    absl::StatusCode::kResourceExhausted,
                                    {"deadlines could not be met"}));
                go.Set();
              }).ok());
}

TEST(RuntimeOptions, TrimStacksAfter_IsAMillisecondOrMore) {
  EXPECT_TRUE(IsInvalid(Start({.trim_stacks_after = absl::Microseconds(999)}),
                        {"trim_stacks_after = 999us", "1ms"}));
  EXPECT_TRUE(IsInvalid(Start({.trim_stacks_after = absl::Seconds(-1)}),
                        {"trim_stacks_after = -1s"}));
  EXPECT_TRUE(Start({.trim_stacks_after = absl::InfiniteDuration()}).ok());
}

TEST_P(ThreadOptionsTest, TimeSliceOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(IsInvalid(Spawn({.time_slice = absl::ZeroDuration()}),
                        {"time_slice = 0", "50us"}));
  EXPECT_TRUE(IsInvalid(Spawn({.time_slice = absl::Microseconds(10)}),
                        {"time_slice = 10us", "50us"}));
  EXPECT_TRUE(IsInvalid(Spawn({.time_slice = absl::Seconds(-1)}),
                        {"time_slice = -1s", "50us"}));
}

TEST_P(ThreadOptionsTest, StackOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(
      IsInvalid(Spawn({.stack_size = 1024}), {"stack_size = 1024", "16384"}));
  EXPECT_TRUE(IsInvalid(Spawn({.stack_size = size_t{2} << 30}),
                        {"stack_size = 2147483648"}));
  EXPECT_TRUE(Spawn({.stack_size = kMinStackSize}).ok());
  EXPECT_TRUE(Spawn({.stack_size = 100'000}).ok());
}

TEST_P(ThreadOptionsTest, NameTooLongOrWithZeroByte_IsNamed) {
  const std::string too_long(kMaxNameLength + 1, 'x');
  EXPECT_TRUE(IsInvalid(Spawn({.name = too_long}), {too_long, "48", "47"}));
  EXPECT_TRUE(IsInvalid(Spawn({.name = std::string("ab\0cd", 5)}),
                        {"ab", "zero byte"}));
}

TEST_P(ThreadOptionsTest, NiceOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(IsInvalid(Spawn({.nice = 20}), {"nice = 20", "-20", "19"}));
  EXPECT_TRUE(IsInvalid(Spawn({.nice = -21}), {"nice = -21", "-20", "19"}));
  EXPECT_TRUE(Spawn({.nice = 19}).ok());
  EXPECT_TRUE(Spawn({.nice = -20}).ok());
}

TEST_P(ThreadOptionsTest, PriorityOutOfRange_NamesItsValueAndTheLimits) {
  EXPECT_TRUE(IsInvalid(Spawn({.priority = -1}), {"priority = -1"}));
  EXPECT_TRUE(IsInvalid(Spawn({.priority = 1'000'001}),
                        {"priority = 1000001", "1000000"}));
}

INSTANTIATE_TEST_SUITE_P(RunModes, ThreadOptionsTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

TEST(ThreadSpawn, OutsideOfRuns_IsRefused) {
  const absl::StatusOr<Thread> thread = Thread::Spawn({}, [] {});
  EXPECT_TRUE(IsError(thread.status(), absl::StatusCode::kFailedPrecondition,
                      {"outside of a run", "jiffy::Run"}));
}

// The constructor reports the same as an exception.
TEST(ThreadConstructor, Refused_ThrowsSystemErrorWithTheMessage) {
  try {
    Thread thread([] {});
    ADD_FAILURE() << "it was made";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::operation_not_permitted);
    EXPECT_THAT(e.what(), HasSubstr("outside of a run"));
  }
  const absl::Status status = jiffy::Run({}, [] {
    try {
      Thread thread({.nice = 77}, [] {});
      ADD_FAILURE() << "it was made";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::invalid_argument);
      EXPECT_THAT(e.what(), HasSubstr("nice = 77"));
    }
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ThreadSpawn, SixtyFourthTaskUnderLinux001_IsRefusedAndRoomComesBack) {
  const absl::Status status = jiffy::Run({.scheduler = "linux-0.01"}, [] {
    std::atomic<bool> may_end = false;
    {
      std::vector<Thread> threads;
      for (int i = 0; i < 62; ++i) {  // The main thread is the 63rd.
        absl::StatusOr<Thread> thread = Thread::Spawn({}, [&] {
          while (!may_end) this_thread::Yield();
        });
        ASSERT_TRUE(thread.ok()) << i << ": " << thread.status();
        threads.push_back(*std::move(thread));
      }
      const absl::StatusOr<Thread> refused = Thread::Spawn({}, [] {});
      EXPECT_TRUE(IsError(refused.status(),
                          absl::StatusCode::kResourceExhausted,
                          {"63 task slots"}));
      may_end = true;
      EXPECT_TRUE(threads.front().Join().ok());
      Thread fits([] {});
      EXPECT_TRUE(fits.Join().ok());
    }
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace jiffy
