// A context with a stack of its own, for tests of the switch alone.
#ifndef JIFFY_TESTS_ARCH_TEST_CONTEXT_H_
#define JIFFY_TESTS_ARCH_TEST_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "arch/context.h"
#include "gtest/gtest.h"
#include "tests/arch/known_stack.h"

namespace jiffy::arch {

using SwitchFunction = void (*)(Context* from, Context* to);

// A context that a test switches to and back from. It uses the thread block of
// the OS thread that made it.
struct TestContext : Context {
  static constexpr size_t kStackSize = size_t{64} << 10;

  // `misalignment` bytes at the top of the stack stay unused.
  explicit TestContext(ContextEntry entry, size_t misalignment = 0)
      : Context() {
    Start(entry, misalignment);
  }
  TestContext(const TestContext&) = delete;
  TestContext& operator=(const TestContext&) = delete;

  // Resets it; the code that ran here must have ended.
  void Start(ContextEntry entry, size_t misalignment = 0) {
    known_stack_.Reuse();
    // A reader that takes this for a frame is led astray.
    memset(stack_, 0x5a, kStackSize);
    InitContext(*this, stack_ + kStackSize - misalignment, ThreadPointer(),
                entry);
  }

  bool OwnsStack(uintptr_t address) const {
    const auto low = reinterpret_cast<uintptr_t>(stack_);
    return address > low && address <= low + kStackSize;
  }

  // The context to run next, or to resume; for use by the entry function.
  Context* back = nullptr;
  SwitchFunction switch_to = nullptr;

 private:
  alignas(64) char stack_[kStackSize];
  KnownStack known_stack_{stack_, kStackSize};
};

// The context of the calling OS thread, to return to.
inline Context CallersContext() {
  Context context = {};
  context.thread_pointer = ThreadPointer();
  return context;
}

// Runs each test with both switches; skips the one for which the kernel
// provides no thread pointer.
class BothSwitchesTest : public ::testing::TestWithParam<SwitchFunction> {
 protected:
  void SetUp() override {
    if (GetParam() == &jiffy_switch && LacksUserThreadPointer() != nullptr) {
      // Its instruction that sets the thread pointer is illegal there.
      GTEST_SKIP() << LacksUserThreadPointer();
    }
  }
};

inline std::string SwitchName(
    const ::testing::TestParamInfo<SwitchFunction>& info) {
  return info.param == &jiffy_switch ? "OwnTls" : "SharedTls";
}

}  // namespace jiffy::arch

#endif  // JIFFY_TESTS_ARCH_TEST_CONTEXT_H_
