// AddressSanitizer sees what green threads do (./jiffy test --config asan).
#include <cstddef>
#include <cstdlib>
#include <sstream>
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

// After switches of both kinds. The report names the variable, so the sanitizer
// knows on which stack the thread is.
TEST_P(AsanTest, ArrayOverrun_IsReportedWithItsVariable) {
  ASSERT_DEATH(Run([] {
                 Thread other(ShortTurns(), [] { SpinForTicks(3); });
                 Thread thread(ShortTurns(), [] {
                   this_thread::Yield();
                   SpinForTicks(3);
                   volatile char bytes_of_mine[8] = {};
                   volatile char* beyond = bytes_of_mine + 8;
                   // UndefinedBehaviorSanitizer, if it is there, too, must
                   // not know where this leads.
                   asm volatile("" : "+r"(beyond));
                   *beyond = 1;
                 });
               }),
               "stack-buffer-overflow(.|\n)*is located in stack of thread"
               "(.|\n)*bytes_of_mine");
}

TEST_P(AsanTest, UseAfterScope_IsReported) {
  ASSERT_DEATH(Run([] {
                 Thread thread(ShortTurns(), [] {
                   volatile char* gone;
                   {
                     volatile char byte_of_scope = 1;
                     gone = &byte_of_scope;
                     SpinForTicks(3);
                   }
                   *gone = 1;
                 });
               }),
               "stack-use-after-scope(.|\n)*byte_of_scope");
}

TEST_P(AsanTest, HeapOverrun_IsReported) {
  ASSERT_DEATH(Run([] {
                 Thread thread(ShortTurns(), [] {
                   const std::vector<char> bytes(8);
                   SpinForTicks(3);
                   volatile size_t beyond = bytes.size();
                   volatile char read = bytes.data()[beyond];
                   static_cast<void>(read);
                 });
               }),
               "heap-buffer-overflow(.|\n)*0 bytes to the right of 8-byte");
}

TEST_P(AsanTest, UseAfterFree_IsReported) {
  ASSERT_DEATH(Run([] {
                 char* bytes = new char[8];
                 Thread([bytes] { delete[] bytes; }).Join().IgnoreError();
                 Thread thread([bytes] { *const_cast<volatile char*>(bytes); });
               }),
               "heap-use-after-free(.|\n)*freed by thread");
}

// The sanitizer can keep variables beside the stack, to recognise those of
// functions that have returned. It must be asked to before the program starts.
class AsanReturnTest : public EveryRunModeTest {
 protected:
  void SetUp() override {
    EveryRunModeTest::SetUp();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const char* options = std::getenv(kOptions);
    kept_ = options == nullptr ? "" : options;
    setenv(kOptions, (kept_ + ":detect_stack_use_after_return=1").c_str(), 1);
  }
  void TearDown() override {
    setenv(kOptions, kept_.c_str(), 1);
    EveryRunModeTest::TearDown();
  }

 private:
  static constexpr char kOptions[] = "ASAN_OPTIONS";
  std::string kept_;
};

INSTANTIATE_TEST_SUITE_P(RunModes, AsanReturnTest,
                         ::testing::ValuesIn(AllRunModes()), RunModeName);

__attribute__((noinline)) volatile char* ArrayThatGoes() {
  volatile char bytes_that_go[8] = {};
  // The compiler must not see what is returned.
  volatile char* volatile address = bytes_that_go;
  return address;
}

TEST_P(AsanReturnTest, UseAfterReturn_IsReported) {
  ASSERT_DEATH(Run([] {
                 Thread other(ShortTurns(), [] { SpinForTicks(3); });
                 Thread thread(ShortTurns(), [] {
                   volatile char* gone = ArrayThatGoes();
                   SpinForTicks(3);
                   *gone = 1;
                 });
               }),
               "stack-use-after-return(.|\n)*bytes_that_go");
}

// Each thread has its own variables, whichever threads ran in between.
TEST_P(AsanReturnTest, VariablesOfManyThreads_AreKept) {
  const auto run = [this] {
    Run([] {
      std::vector<Thread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back(ShortTurns(), [i] {
          for (int k = 0; k < 5; ++k) {
            volatile int numbers[64];
            for (volatile int& number : numbers) number = i;
            SpinForTicks(1);
            for (volatile int& number : numbers) ASSERT_EQ(number, i);
            this_thread::Yield();
          }
        });
      }
    });
    std::exit(HasFailure());
  };
  ASSERT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

// The sanitizer forgets marks that exceptions leave on a stack.
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
          // A buffer of libstdc++'s, whose frame the sanitizer does not clear.
          std::ostringstream text;
          text << 1234567890123;
          EXPECT_EQ(text.str(), "1234567890123");
        }
      });
      EXPECT_TRUE(thread.Join().ok());
    }
  });
}

}  // namespace
}  // namespace jiffy
