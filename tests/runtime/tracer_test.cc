// The ring of events keeps the newest in order, and counts the others.
#include "runtime/core/tracer.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/options.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

constexpr size_t kCapacity = 16;

// Records `events` events, of threads 1 and following.
Recording Recorded(uint64_t events, bool exact) {
  Tracer tracer;
  EXPECT_TRUE(tracer.Start(kCapacity, signals::MonotonicNs(), exact).ok());
  EXPECT_TRUE(tracer.on());
  for (uint64_t id = 1; id <= events; ++id) {
    tracer.Record(tracer.Stamp(), TraceKind::kWakeup,
                  static_cast<uint8_t>(id % 3), id);
  }
  return tracer.Read();
}

TEST(TracerTest, Ring_KeepsTheNewestAndCountsTheRest) {
  for (const bool exact : {false, true}) {
    for (const uint64_t events : {0u, 1u, 15u, 16u, 17u, 31u, 32u, 100u}) {
      const Recording recording = Recorded(events, exact);
      const uint64_t lost = events > kCapacity ? events - kCapacity : 0;
      EXPECT_EQ(recording.dropped, lost);
      ASSERT_EQ(recording.records.size(), events - lost);
      int64_t latest = -1;
      for (size_t i = 0; i < recording.records.size(); ++i) {
        const TraceRecord& record = recording.records[i];
        EXPECT_EQ(record.subject, lost + i + 1);
        EXPECT_EQ(record.detail, record.subject % 3);
        EXPECT_EQ(record.kind, TraceKind::kWakeup);
        EXPECT_GT(record.time_ns, latest);
        latest = record.time_ns;
      }
    }
  }
}

TEST(TracerTest, LargestId_Fits) {
  Tracer tracer;
  ASSERT_TRUE(tracer.Start(kCapacity, 0, false).ok());
  constexpr uint64_t kLargest = (uint64_t{1} << 48) - 1;
  tracer.Record(tracer.Stamp(), TraceKind::kSwitch, 255, kLargest);
  const Recording recording = tracer.Read();
  EXPECT_EQ(recording.records[0].subject, kLargest);
  EXPECT_EQ(recording.records[0].detail, 255);
}

// Keeps a name in the form in which a thread's completion has it.
void Keep(Tracer& tracer, uint64_t id, const std::string& name) {
  char text[kMaxNameLength + 1] = {};
  name.copy(text, kMaxNameLength);
  tracer.KeepName(id, text);
}

TEST(TracerTest, Names_AreThoseOfTheNewestThreads) {
  Tracer tracer;
  ASSERT_TRUE(tracer.Start(kCapacity, 0, false).ok());
  Keep(tracer, 1, "first");
  for (uint64_t id = 2; id < 10; ++id) {
    Keep(tracer, id, "t" + std::to_string(id));
  }
  Keep(tracer, 10, "");
  const Recording recording = tracer.Read();
  EXPECT_FALSE(recording.names.contains(1));
  EXPECT_FALSE(recording.names.contains(10));
  EXPECT_EQ(recording.names.at(9), "t9");
}

}  // namespace
}  // namespace jiffy::internal
