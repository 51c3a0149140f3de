// The trace of threads that are preempted anywhere agrees with the metrics and
// with the clock.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/core/task.h"
#include "runtime/jiffy.h"
#include "signals/tick.h"
#include "tests/runtime/run_fixture.h"
#include "tests/runtime/trace_json.h"

namespace jiffy {
namespace {

class TracePreemptTest : public EveryRunModeTest {
 protected:
  TracePreemptTest() {
    options_.time_slice = absl::Microseconds(100);
    options_.tick = absl::Microseconds(100);
    options_.trace_file = path_;
    repetitions_ = 1;
    spare_slots_ = 1000;
  }

  const std::string path_ = ::testing::TempDir() + "/preempted.json";
};

class PreemptiveTest : public TracePreemptTest {};

TEST_P(TracePreemptTest, EverythingAtOnce_TurnsAreThoseThatWereCounted) {
  constexpr int kThreads = 12;
  // The policies differ in how long this takes, not in what it does.
  constexpr int kRounds = 30;
  std::vector<ThreadStats> stats(kThreads);
  Run([&] {
    Mutex mutex;
    Channel<int> channel(3);
    std::vector<Thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      ThreadOptions options = ShortTurns();
      options.name = "t" + std::to_string(i);
      threads.emplace_back(options, [&, i] {
        for (int round = 0; round < kRounds; ++round) {
          TraceScope outer("round");
          free(malloc(static_cast<size_t>(1 + round)));
          {
            TraceScope inner("locked");
            mutex.lock();
            SpinForTicks(i % 2 == 0 ? 1 : 0);
            mutex.unlock();
          }
          if (i % 3 == 0) this_thread::Yield();
          if (i % 3 == 1) this_thread::SleepFor(absl::Microseconds(50));
          if (i % 4 < 2) {
            TraceScope inner("send");
            channel.Send(round).IgnoreError();
          } else {
            TraceScope inner("receive");
            channel.Receive();
          }
        }
      });
    }
    for (int i = 0; i < kThreads; ++i) {
      while (!threads[i].Stats().finished) {
        this_thread::SleepFor(absl::Milliseconds(1));
      }
      stats[i] = threads[i].Stats();
    }
  });
  const TraceJson trace(path_);
  EXPECT_TRUE(trace.global_marks().empty());
  for (const ThreadStats& thread : stats) {
    const auto count = [&](const char* end) {
      return static_cast<uint64_t>(trace.CountEnds(thread.name, end));
    };
    EXPECT_EQ(count("preempted"), thread.preemptions) << thread.name;
    EXPECT_EQ(count("yielded") + count("blocked") + count("finished"),
              thread.voluntary_switches)
        << thread.name;
    EXPECT_EQ(count("finished"), 1u);
    EXPECT_EQ(trace.slices(thread.name + ": spans").size(), 3u * kRounds);
  }
}

TEST_P(PreemptiveTest, Spans_GoOnOverPreemption) {
  Run([] {
    std::atomic<int> unfinished = 2;
    std::vector<Thread> threads;
    for (const char* name : {"a", "b"}) {
      ThreadOptions options = ShortTurns();
      options.name = name;
      threads.emplace_back(options, [&unfinished] {
        {
          TraceScope outer("outer");
          for (int i = 0; i < 3; ++i) {
            TraceScope inner("inner");
            const volatile uint64_t& preemptions =
                internal::CurrentTask()->preemptions;
            const uint64_t before = preemptions;
            while (preemptions < before + 2) {
            }
          }
        }
        --unfinished;
        // The other thread is preempted only while there is another one to run.
        while (unfinished != 0) {
        }
      });
    }
  });
  const TraceJson trace(path_);
  for (const std::string name : {"a", "b"}) {
    const std::vector<TraceSlice>& spans = trace.slices(name + ": spans");
    ASSERT_EQ(spans.size(), 4u);
    EXPECT_EQ(spans[0].name, "outer");
    for (size_t i = 1; i < spans.size(); ++i) {
      EXPECT_EQ(spans[i].name, "inner");
      int preempted = 0;
      for (const TraceSlice& turn : trace.slices(name)) {
        preempted += turn.end == "preempted" &&
                     turn.until_ns > spans[i].since_ns &&
                     turn.until_ns < spans[i].until_ns;
      }
      EXPECT_GE(preempted, 2) << name << ", span " << i;
    }
  }
}

// For each clock that the trace may use.
TEST_P(PreemptiveTest, Lengths_AreThoseOfTheClock) {
  for (const bool exact : {false, true}) {
    options_.measure_time = exact;
    int64_t before;
    int64_t begun;
    int64_t ended;
    int64_t after;
    Run([&] {
      before = signals::MonotonicNs();
      {
        TraceScope scope("spin");
        begun = signals::MonotonicNs();
        SpinForTicks(100);
        ended = signals::MonotonicNs();
      }
      after = signals::MonotonicNs();
    });
    const TraceJson trace(path_);
    const std::vector<TraceSlice>& spans = trace.slices("main: spans");
    ASSERT_EQ(spans.size(), 1u);
    // Within one run, the clocks' rates are compared with a smaller error than
    // this.
    constexpr double kError = 1e-3;
    const auto length =
        static_cast<double>(spans[0].until_ns - spans[0].since_ns);
    EXPECT_GE(length, static_cast<double>(ended - begun) * (1 - kError));
    EXPECT_LE(length, static_cast<double>(after - before) * (1 + kError));
  }
}

TEST(TraceScopeTest, OutsideOfRuns_DoesNothing) {
  TraceScope scope("nowhere");
  RuntimeOptions options;
  options.trace_file = ::testing::TempDir() + "/outside.json";
  EXPECT_TRUE(jiffy::Run(options, [] {
                std::thread([] { TraceScope other("OS thread"); }).join();
              }).ok());
  EXPECT_EQ(TraceJson(options.trace_file).threads(),
            std::vector<std::string>{"main"});
}

INSTANTIATE_TEST_SUITE_P(RunModes, TracePreemptTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);
INSTANTIATE_TEST_SUITE_P(RunModes, PreemptiveTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
