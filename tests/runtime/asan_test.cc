// AddressSanitizer sees what green threads do (./jiffy test --config asan).
#include <cstddef>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/runtime/run_fixture.h"

namespace jiffy {
namespace {

using AsanTest = EveryRunModeTest;

INSTANTIATE_TEST_SUITE_P(RunModes, AsanTest, ::testing::ValuesIn(AllRunModes()),
                         RunModeName);

TEST_P(AsanTest, Features_OwnTlsIsThereUnlessItIsNotWanted) {
  const absl::StatusOr<Runtime> runtime = Runtime::Create(options_);
  ASSERT_TRUE(runtime.ok());
  EXPECT_EQ(runtime->features().own_tls, !GetParam().shared_tls);
}

// After switches of both kinds. That the report names the variable shows that
// the sanitizer knows on which stack the thread is.
TEST_P(AsanTest, ArrayOverrun_IsReportedWithItsVariable) {
  ASSERT_DEATH(Run([] {
                 Thread other(ShortTurns(), [] { SpinForTicks(3); });
                 Thread thread(ShortTurns(), [] {
                   this_thread::Yield();
                   SpinForTicks(3);
                   volatile char bytes_of_mine[8] = {};
                   volatile size_t beyond = sizeof bytes_of_mine;
                   bytes_of_mine[beyond] = 1;
                 });
               }),
               "stack-buffer-overflow(.|\n)*is located in stack of thread"
               "(.|\n)*bytes_of_mine");
}

TEST_P(AsanTest, UseAfterFree_IsReported) {
  ASSERT_DEATH(Run([] {
                 char* bytes = new char[8];
                 Thread([bytes] { delete[] bytes; }).Join().IgnoreError();
                 Thread thread([bytes] { *const_cast<volatile char*>(bytes); });
               }),
               "heap-use-after-free(.|\n)*freed by thread");
}

// What exceptions leave out of a stack's clean-up is forgotten.
TEST_P(AsanTest, ThrownOverFrames_StackIsUsableAgain) {
  Run([] {
    struct Recurse {
      static void Throw(int depth) {
        volatile char bytes[64] = {};
        bytes[depth] = 1;
        if (depth == 0) throw std::string("thrown");
        Throw(depth - 1);
        EXPECT_EQ(bytes[depth], 1);
      }
    };
    for (int i = 0; i < 4; ++i) {
      Thread thread(ShortTurns(), [] {
        for (int k = 0; k < 100; ++k) {
          try {
            Recurse::Throw(20);
          } catch (const std::string&) {
            this_thread::Yield();
          }
          std::vector<char> used(4096, 'x');
          volatile char bytes[2048];
          for (volatile char& byte : bytes) byte = used.back();
          EXPECT_EQ(bytes[2047], 'x');
        }
      });
      EXPECT_TRUE(thread.Join().ok());
    }
  });
}

}  // namespace
}  // namespace jiffy
