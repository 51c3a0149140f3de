// Dumps of a crowd whose threads are preempted anywhere every 100 us: both the
// crowd and the dumps work.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/crowd.h"
#include "tests/torture/failures.h"

namespace jiffy::torture {
namespace {

constexpr int kDumps = 1000;

void DumpACrowd(CrowdOptions options) {
  options.slice = absl::Microseconds(100);
  Failures failures;
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  std::atomic<int> dumps = 0;
  std::atomic<bool> over = false;
  std::thread other([&] {
    while (dumps < kDumps && !over) {
      if (Runtime::Dump(fd)) dumps++;
    }
  });
  // Crowds follow each other until all dumps have been made.
  while (dumps < kDumps) {
    const CrowdResult result = RunCrowd(options, failures);
    EXPECT_TRUE(result.status.ok()) << result.status;
    if (!result.status.ok() || failures.count() != 0) break;
  }
  over = true;
  other.join();
  close(fd);
  for (const std::string& message : failures.Messages()) {
    ADD_FAILURE() << message;
  }
  EXPECT_EQ(dumps, kDumps);
}

TEST(DumpTortureTest, OwnTls) { DumpACrowd({.rounds = 20}); }

TEST(DumpTortureTest, TicksInLibc) {
  DumpACrowd({.ticks_in_libc = true, .rounds = 20});
}

TEST(DumpTortureTest, SharedTls) {
  DumpACrowd({.shared_tls = true, .rounds = 20});
}

}  // namespace
}  // namespace jiffy::torture
