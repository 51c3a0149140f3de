#include "tests/torture/ticks.h"

#include <cstdint>

#include "absl/time/time.h"
#include "runtime/runtime.h"
#include "runtime/stats.h"
#include "signals/irq.h"
#include "tests/torture/failures.h"
#include "tests/torture/spin.h"
#include "tests/torture/tick_ledger.h"

namespace jiffy::torture {
namespace {

struct Snapshot {
  RuntimeStats stats;
  TickAccount account;
};

// Reads both while neither changes.
Snapshot Take(const Runtime& runtime, const TickAccount& account) {
  const signals::IrqFlags flags = signals::IrqSave();
  const Snapshot snapshot = {runtime.Stats(), account};
  signals::IrqRestore(flags);
  return snapshot;
}

int64_t WallTicks(const RuntimeStats& stats) {
  return stats.wall_time / stats.tick;
}

}  // namespace

void ExpectTicksBalance(const Runtime& runtime, const TickAccount& account,
                        Failures& failures) {
  // A tick that is on its way makes a difference once; a lost tick makes one
  // each time.
  constexpr int kLooks = 1'000;
  int64_t jiffies = 0;
  int64_t wall = 0;
  for (int i = 0; i < kLooks; ++i) {
    const Snapshot now = Take(runtime, account);
    TORTURE_EXPECT_EQ(
        failures, now.stats.jiffies,
        now.account.charged + now.account.idle + now.stats.stolen_ticks);
    jiffies = static_cast<int64_t>(now.stats.jiffies);
    wall = WallTicks(now.stats);
    // The clock is read a little after the jiffies, and the first tick comes a
    // little after the start of the run.
    if (jiffies == wall || jiffies + 1 == wall) return;
    // More ticks are needed before the next check.
    Spin(1'000);
  }
  TORTURE_EXPECT_EQ(failures, wall, jiffies);
}

}  // namespace jiffy::torture
