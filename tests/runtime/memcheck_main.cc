// A program for valgrind: green threads are preempted, throw and end, on stacks
// that are reused. One of them makes a mistake, which the argument chooses.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace {

// Reads what lies behind a block of the heap.
__attribute__((noinline)) int ReadBehindABlock() {
  const std::unique_ptr<volatile char[]> block(new volatile char[16]());
  volatile size_t behind = 16;
  return block[behind];
}

// Branches on a variable that was never written.
__attribute__((noinline)) int DecideByGarbage() {
  int garbage[4];
  // To the compiler, but not to valgrind, this writes the variable.
  asm volatile("" : : "r"(garbage) : "memory");
  return garbage[2] == 17 ? puts("17") : 2;
}

// Uses a lot of stack, and parts of it again after an exception.
int ThrowFrom(int depth) {
  volatile char frame[512] = {};
  frame[depth] = 1;
  if (depth == 0) throw std::runtime_error("thrown");
  return ThrowFrom(depth - 1) + frame[depth];
}

// A callable of kBytes, at the top of its thread's stack.
template <size_t kBytes>
void RunThreadWith(std::string_view mistake) {
  struct Bytes {
    char of[kBytes] = {};
  } bytes;
  jiffy::Thread other([bytes] {
    for (long i = 0; i < 1'000'000; ++i) {
      asm volatile("" : : : "memory");
      if (bytes.of[kBytes - 1] != 0) return;
    }
  });
  jiffy::Thread thread([bytes, mistake] {
    std::vector<std::string> strings;
    for (int i = 0; i < 100; ++i) {
      try {
        ThrowFrom(20);
      } catch (const std::runtime_error& error) {
        strings.push_back(error.what() + std::to_string(bytes.of[0]));
        jiffy::this_thread::Yield();
      }
    }
    int result = 0;
    if (mistake == "overflow") result = ReadBehindABlock();
    if (mistake == "uninitialised") result = DecideByGarbage();
    printf("%zu strings, %d\n", strings.size(), result);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mistake = argc > 1 ? argv[1] : "none";
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Milliseconds(1)}, [&] {
        RunThreadWith<8>("none");
        RunThreadWith<4000>("none");
        RunThreadWith<100>(mistake);
      });
  if (!status.ok()) {
    fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  printf("%llu preemptions\n",
         static_cast<unsigned long long>(jiffy::CurrentStats().preemptions));
}
