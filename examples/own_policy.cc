// A scheduling policy of your own, in your own file: register it; jiffy itself
// stays unchanged.
//
// Round-robin is fair to threads, so a user with more threads gets more CPU.
// This policy is fair to users: each gets the same, however many threads it has
// (the idea of J. Kay, P. Lauder: "A Fair Share Scheduler", CACM 31(1), 1988).
// Here alice has one thread and bob has three.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"
#include "sched/linux001_calls.h"
#include "sched/registry.h"
#include "sched/scheduler.h"

namespace {

using jiffy::sched::DequeueReason;
using jiffy::sched::EnqueueReason;
using jiffy::sched::Entity;
using jiffy::sched::Scheduler;

// A task's user is its priority, 0 to 7. Policies are called in signal
// handlers: no allocation, no lock, no libc.
class ByUser final : public Scheduler {
 public:
  std::string_view name() const override { return "by-user"; }

  const char* Attach(Entity& task) override {
    return task.params.priority < kUsers ? nullptr : "there are 8 users";
  }

  void Enqueue(Entity& task, EnqueueReason) override {
    User& user = UserOf(task);
    if (user.first == nullptr) {
      user.end = &user.first;
      // A user that was away does not get extra time for that.
      user.ticks = std::max(user.ticks, ticks_of_picked_);
    }
    task.next = nullptr;
    *user.end = &task;
    user.end = &task.next;
  }

  // Picks the user that had the least, and its task that has waited longest.
  Entity* PickNext() override {
    User* picked = nullptr;
    for (User& user : users_) {
      if (user.first == nullptr) continue;
      if (picked == nullptr || user.ticks < picked->ticks) picked = &user;
    }
    if (picked == nullptr) return nullptr;
    ticks_of_picked_ = picked->ticks;
    Entity* const task = picked->first;
    picked->first = task->next;
    if (picked->first == nullptr) picked->end = nullptr;
    return task;
  }

  // A slice is a tick.
  bool Tick(Entity& current, int ticks) override {
    UserOf(current).ticks += ticks;
    return true;
  }

  // The task is current, and so in no queue, unless it moves to another CPU.
  void Dequeue(Entity& task, DequeueReason reason) override {
    if (reason != DequeueReason::kMigrated) return;
    User& user = UserOf(task);
    Entity** at = &user.first;
    while (*at != &task) at = &(*at)->next;
    *at = task.next;
    if (user.end == &task.next) user.end = at;
  }

 private:
  static constexpr int kUsers = 8;

  struct User {
    // Its runnable tasks, linked through the tasks themselves.
    Entity* first = nullptr;
    Entity** end = nullptr;
    // Ticks that its tasks had together.
    int64_t ticks = 0;
  };

  User& UserOf(const Entity& task) {
    return users_[static_cast<size_t>(task.params.priority)];
  }

  std::array<User, kUsers> users_;
  int64_t ticks_of_picked_ = 0;
};

// Length of a run in ticks. Everything is counted in ticks, so that a busy
// machine changes nothing.
constexpr uint64_t kRunTicks = 600;

void Compute() {
  volatile uint64_t x = 1;
  while (jiffy::sched::linux001::Jiffies() < kRunTicks) {
    for (int i = 0; i < 1000; ++i) x = x * 6364136223846793005 + 1;
  }
}

// Runs the threads of both users under a policy and prints what each got.
absl::Status RunUnder(const std::string& policy) {
  constexpr int kAlice = 1;
  constexpr int kBob = 2;
  return jiffy::Run(
      {.scheduler = policy, .time_slice = absl::Milliseconds(1)}, [&] {
        std::vector<jiffy::Thread> threads;
        const auto spawn = [&threads](const char* name, int user) {
          threads.emplace_back(
              jiffy::ThreadOptions{.name = name, .priority = user}, Compute);
        };
        spawn("alice", kAlice);
        for (const char* name : {"bob 1", "bob 2", "bob 3"}) spawn(name, kBob);
        printf("%s:\n", policy.c_str());
        for (jiffy::Thread& thread : threads) {
          while (!thread.Stats().finished) {
            jiffy::this_thread::SleepFor(absl::Milliseconds(10));
          }
          const jiffy::ThreadStats stats = thread.Stats();
          printf("  %s %3d ticks %s\n", stats.name.c_str(),
                 static_cast<int>(stats.ticks),
                 std::string(stats.ticks / 10, '#').c_str());
        }
      });
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("own_policy");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: own_policy\n"
      "A policy of one's own beside rr: as much CPU for each user.\n");
  absl::Status status = jiffy::sched::RegisterPolicy(
      {.name = "by-user",
       .description = "as much CPU for each user, however many threads it has",
       .factory = [](const jiffy::sched::PolicyConfig&) {
         return std::make_unique<ByUser>();
       }});
  if (status.ok()) status = RunUnder("by-user");
  if (status.ok()) status = RunUnder("rr");
  if (status.ok()) return 0;
  fprintf(stderr, "own_policy: %s\n", status.ToString().c_str());
  return 1;
}
