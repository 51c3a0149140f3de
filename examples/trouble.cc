// Four programs that need a debugger; docs/debugging.md uses them.
//
//   trouble hang       stands still, without a deadlock that jiffy can see
//   trouble crash      dies of a bad pointer, in one thread of several
//   trouble overflow   dies of endless recursion
//   trouble slow       answers twenty requests, some of them late

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

// ------------------------------------------------------------------- hang

struct Shop {
  std::mutex stock;
  jiffy::Event delivery;
};

// Keeps the lock on the stock while it waits for a delivery that never comes.
void Refill(Shop& shop) {
  const std::lock_guard lock(shop.stock);
  shop.delivery.Wait();
}

void Sell(Shop& shop) { const std::lock_guard lock(shop.stock); }

// Wakes up again and again, so that the program never ends by itself.
[[noreturn]] void KeepAccounts() {
  printf("open for business\n");
  fflush(stdout);
  for (;;) jiffy::this_thread::SleepFor(absl::Milliseconds(50));
}

void Hang() {
  Shop shop;
  jiffy::Thread refill({.name = "refill"}, [&] { Refill(shop); });
  jiffy::this_thread::Yield();
  jiffy::Thread sell({.name = "sell"}, [&] { Sell(shop); });
  jiffy::Thread accounts({.name = "accounts"}, &KeepAccounts);
}

// ------------------------------------------------------------------ crash

struct Node {
  const Node* next = nullptr;
  int value = 0;
};

int Sum(const Node* list) {
  int sum = 0;
  for (const Node* node = list; node != nullptr; node = node->next) {
    sum += node->value;
  }
  return sum;
}

void Crash() {
  jiffy::Event never;
  jiffy::Thread waits({.name = "waits"}, [&] { never.Wait(); });
  jiffy::Thread sums({.name = "sums"}, [] {
    const Node last = {.next = reinterpret_cast<const Node*>(uintptr_t{42})};
    const Node first = {.next = &last, .value = 1};
    printf("%d\n", Sum(&first));
  });
}

// --------------------------------------------------------------- overflow

struct Pair {
  const Pair* inner;
};

int Depth(const Pair& pair) {
  if (pair.inner == nullptr) return 0;
  volatile int deeper = Depth(*pair.inner);
  return deeper + 1;
}

void Overflow() {
  jiffy::Thread parse({.name = "parse", .stack_size = 64 << 10}, [] {
    Pair circle = {&circle};
    printf("%d\n", Depth(circle));
  });
}

// ------------------------------------------------------------------- slow

uint64_t Checksum(size_t rounds) {
  uint64_t sum = 1;
  for (size_t i = 0; i < rounds; ++i) sum = sum * 6364136223846793005u + i;
  return sum;
}

void Answer(int request) {
  const jiffy::TraceScope scope("answer");
  // Every seventh request asks for a thousand times as much.
  const size_t rounds = request % 7 == 0 ? 100'000'000 : 100'000;
  printf("%d: %llx\n", request,
         static_cast<unsigned long long>(Checksum(rounds)));
}

void Slow() {
  std::vector<jiffy::Thread> requests;
  for (int i = 1; i <= 20; ++i) {
    requests.emplace_back(
        jiffy::ThreadOptions{.name = "request-" + std::to_string(i)}, &Answer,
        i);
  }
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("trouble");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: trouble hang|crash|overflow|slow\n"
      "Goes wrong in that way; docs/debugging.md finds out why.\n");
  const std::string_view what = argc == 2 ? argv[1] : "";
  void (*const program)() = what == "hang"       ? &Hang
                            : what == "crash"    ? &Crash
                            : what == "overflow" ? &Overflow
                            : what == "slow"     ? &Slow
                                                 : nullptr;
  if (program == nullptr) {
    fprintf(stderr, "usage: trouble hang|crash|overflow|slow\n");
    return 2;
  }
  const absl::Status status = jiffy::Run({.dump_signal = SIGQUIT}, program);
  if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
