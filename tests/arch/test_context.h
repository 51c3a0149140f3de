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

// A context that a test switches to, and back from. It runs with the thread
// block of the OS thread that made it.
struct TestContext : Context {
  static constexpr size_t kStackSize = size_t{64} << 10;

  // `misalignment` bytes at the top of the stack stay unused.
  explicit TestContext(ContextEntry entry, size_t misalignment = 0)
      : Context() {
    Start(entry, misalignment);
  }
  TestContext(const TestContext&) = delete;
  TestContext& operator=(const TestContext&) = delete;

  // Makes it new again; what ran here must be over.
  void Start(ContextEntry entry, size_t misalignment = 0) {
    known_stack_.Reuse();
    // Whoever takes what lies there for a frame is to be led astray.
    memset(stack_, 0x5a, kStackSize);
    InitContext(*this, stack_ + kStackSize - misalignment, ThreadPointer(),
                entry);
  }

  bool OwnsStack(uintptr_t address) const {
    const auto low = reinterpret_cast<uintptr_t>(stack_);
    return address > low && address <= low + kStackSize;
  }

  // Who is to run next, or again; the entry function's to use.
  Context* back = nullptr;
  SwitchFunction switch_to = nullptr;

 private:
  alignas(64) char stack_[kStackSize];
  KnownStack known_stack_{stack_, kStackSize};
};

// The context of the calling OS thread, to come back to.
inline Context CallersContext() {
  Context context = {};
  context.thread_pointer = ThreadPointer();
  return context;
}

// Runs each test with both switches; skips the one that the kernel has no
// thread pointer for.
class BothSwitchesTest : public ::testing::TestWithParam<SwitchFunction> {
 protected:
  void SetUp() override {
    if (GetParam() == &jiffy_switch && LacksUserThreadPointer() != nullptr) {
      // Its instruction that sets the thread pointer is an illegal one there.
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
