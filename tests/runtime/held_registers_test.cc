// Threads that never yield are preempted every millisecond, and each finds
// every register of the machine unchanged.
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "signals/sanitizer.h"
#include "tests/runtime/run_fixture.h"
#include "tests/torture/hold_registers.h"

namespace jiffy {
namespace {

using torture::RegisterFile;

constexpr size_t kWords = torture::kMaxRegisterFile / sizeof(uint64_t);
using Contents = std::array<uint64_t, kWords>;

// Numbers that differ in each register and for each seed.
void Fill(Contents& contents, uint64_t seed) {
  for (size_t i = 0; i < kWords; ++i) {
    contents[i] = (seed * kWords + i + 1) * 0x9e37'79b9'7f4a'7c15;
  }
}

// Holds its own contents until it is stopped, and counts how often it found
// other contents.
class Holder {
 public:
  Holder(const RegisterFile& file, uint64_t seed) : file_(file) {
    Fill(in_, seed);
    if (file.tidy != nullptr) file.tidy(in_.data());
  }

  void HoldUntil(const std::atomic<bool>& stop) {
    constexpr uint64_t kSpins = 100'000;
    while (!stop) {
      file_.hold(in_.data(), out_.data(), kSpins);
      if (file_.tidy != nullptr) file_.tidy(out_.data());
      held_++;
      if (memcmp(in_.data(), out_.data(), file_.bytes) != 0) wrong_++;
    }
  }

  uint64_t held() const { return held_; }
  uint64_t wrong() const { return wrong_; }

 private:
  const RegisterFile& file_;
  Contents in_ = {};
  Contents out_ = {};
  uint64_t held_ = 0;
  uint64_t wrong_ = 0;
};

class HeldRegistersTest : public EveryRunModeTest {
 protected:
  HeldRegistersTest() {
    options_.tick = absl::Milliseconds(1);
    options_.time_slice = absl::Milliseconds(1);
    repetitions_ = 1;
  }
};

TEST_P(HeldRegistersTest, HogsPreemptedEachMillisecond_KeepEveryRegister) {
  constexpr uint64_t kPreemptions = 5;
  for (const RegisterFile& file : torture::kRegisterFiles) {
    if (!file.present()) continue;
    // Valgrind's x87 registers have 64 bits, with or without preemption.
    if (signals::kValgrind && file.name == std::string_view("x87")) continue;
    SCOPED_TRACE(file.name);
    Run([&] {
      std::atomic<bool> stop = false;
      std::vector<std::unique_ptr<Holder>> holders;
      std::vector<Thread> hogs;
      for (uint64_t seed = 0; seed < 3; ++seed) {
        holders.push_back(std::make_unique<Holder>(file, seed));
        hogs.emplace_back(ShortTurns(), [&stop, holder = holders.back().get()] {
          holder->HoldUntil(stop);
        });
      }
      for (Thread& hog : hogs) {
        while (hog.Stats().preemptions < kPreemptions) {
          this_thread::SleepFor(absl::Milliseconds(1));
        }
      }
      stop = true;
      for (Thread& hog : hogs) EXPECT_TRUE(hog.Join().ok());
      for (const auto& holder : holders) {
        EXPECT_GT(holder->held(), 0u);
        EXPECT_EQ(holder->wrong(), 0u);
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(RunModes, HeldRegistersTest,
                         ::testing::ValuesIn(PreemptiveRunModes()),
                         RunModeName);

}  // namespace
}  // namespace jiffy
