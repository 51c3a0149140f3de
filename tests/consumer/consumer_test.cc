// A program that links jiffy: threads under a policy of its own, and threads
// that never yield, preempted.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/jiffy.h"
#include "sched/registry.h"
#include "shortest_first.h"

namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  fprintf(stderr, "consumer_test: failed: %s\n", what);
  exit(1);
}

// Under the program's own policy, threads run by their expected work.
void OwnPolicyDecides() {
  std::string order;
  const absl::Status status =
      jiffy::Run({.scheduler = "shortest-first"}, [&order] {
        std::vector<jiffy::Thread> threads;
        for (const int work : {3, 1, 4, 2, 5}) {
          threads.emplace_back(
              jiffy::ThreadOptions{.priority = work},
              [&order, work] { order += static_cast<char>('0' + work); });
        }
        for (jiffy::Thread& thread : threads) Check(thread.Join().ok(), "Join");
      });
  Check(status.ok(), status.ToString().c_str());
  Check(order == "12345", ("order of threads: " + order).c_str());
}

// Two threads that wait for each other without ever yielding make progress.
void SpinnersArePreempted() {
  std::atomic<int> turn{0};
  const auto spin = [&turn](int mine) {
    for (int round = 0; round < 20; ++round) {
      while (turn.load() != mine) {
      }
      turn.store(1 - mine);
    }
  };
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Microseconds(100)}, [&spin] {
        jiffy::Thread other(spin, 1);
        spin(0);
        Check(other.Join().ok(), "Join");
      });
  Check(status.ok(), status.ToString().c_str());
}

}  // namespace

int main() {
  const absl::Status registered =
      jiffy::sched::RegisterPolicy(consumer::ShortestFirst());
  Check(registered.ok(), registered.ToString().c_str());
  OwnPolicyDecides();
  SpinnersArePreempted();
  puts("consumer_test: passed");
  return 0;
}
