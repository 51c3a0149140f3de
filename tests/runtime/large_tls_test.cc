// Whatever the size and the alignment of a program's static TLS, its threads
// have their own thread blocks and the stack that they asked for.
#include <alloca.h>

#include <cstddef>

#include "absl/status/statusor.h"
#include "arch/context.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

// Each program of this test has its own size.
constexpr size_t kBytes = JIFFY_TLS_BYTES;
constexpr size_t kAlignment = JIFFY_TLS_ALIGNMENT;

struct alignas(kAlignment) Block {
  unsigned char first = 1;
  unsigned char bytes[kBytes] = {};
  unsigned char last = 2;
};
thread_local constinit Block block;

// Stack that a test must leave free: for its own frames and those of two ticks,
// the second of which lands in the last instructions of the first one's
// handler. The kernel's part of such a frame is 4.7 KB on aarch64.
#if defined(__aarch64__)
constexpr size_t kFrames = size_t{12} << 10;
#else
constexpr size_t kFrames = size_t{8} << 10;
#endif

[[gnu::noinline]] void TouchStack(size_t bytes) {
  auto* low = static_cast<volatile unsigned char*>(alloca(bytes));
  for (size_t i = 0; i < bytes; i += 512) low[bytes - 1 - i] = 3;
  low[0] = 3;
}

void CheckFreshBlock() {
  EXPECT_TRUE(IsAligned(&block, kAlignment));
  EXPECT_EQ(block.first, 1);
  EXPECT_EQ(block.last, 2);
  for (size_t i = 0; i < kBytes; i += 100) ASSERT_EQ(block.bytes[i], 0);
  block.first = 4;
  block.last = 4;
  for (unsigned char& byte : block.bytes) byte = 4;
}

class LargeTlsTest : public OwnTlsTest {};

TEST_P(LargeTlsTest, EveryStackSize_IsTheThreadsBesideItsTls) {
  options_.measure_stacks = true;
  // Two of each size.
  spare_slots_ = 6;
  for (const size_t stack :
       {kMinStackSize, size_t{64} << 10, size_t{1} << 20}) {
    SCOPED_TRACE(stack);
    options_.stack_size = stack;
    Run([=] {
      CheckFreshBlock();
      for (int i = 0; i < 3; ++i) {
        Thread a([=] {
          CheckFreshBlock();
          TouchStack(stack - kFrames);
          this_thread::Yield();
          EXPECT_EQ(block.first, 4);
          EXPECT_EQ(block.last, 4);
        });
        Thread b([] { CheckFreshBlock(); });
        while (!a.Stats().finished) this_thread::Yield();
        EXPECT_GE(a.Stats().stack_size, stack);
      }
      EXPECT_EQ(block.first, 4);
    });
  }
}

TEST(LargeTls, OwnTls_IsNotTurnedOff) {
  // Then it is off, whatever the size of TLS.
  if (arch::LacksUserThreadPointer() != nullptr) {
    GTEST_SKIP() << arch::LacksUserThreadPointer();
  }
  const absl::StatusOr<Runtime> runtime = Runtime::Create({});
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  EXPECT_TRUE(runtime->features().own_tls)
      << runtime->features().shared_tls_reason;
}

INSTANTIATE_TEST_SUITE_P(RunModes, LargeTlsTest,
                         ::testing::Values(RunMode{"rr"}, RunMode{"cfs"}),
                         RunModeName);

}  // namespace
}  // namespace jiffy
