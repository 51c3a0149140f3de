// The cost of one decision, for every policy, at 10 to 10,000 runnable tasks:
// the growth matters.
//
//   bazel run //bench:policy_benchmark -- --benchmark_filter='Yield/(rr|cfs)'
//
// The machine is shared with whatever else runs on it: take the best of several
// repetitions (--benchmark_repetitions=9). Baseline: "rr", which does next to
// nothing.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sched/entity.h"
#include "sched/registry.h"
#include "sched/scheduler.h"

namespace jiffy::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

// A machine of one CPU that does nothing but ask its policy. Time is what the
// benchmarks make it.
class Machine final : public Host {
 public:
  Machine(const std::string& policy, int64_t tasks) {
    auto made = MakePolicy(policy, {});
    if (!made.ok()) {
      std::fprintf(stderr, "%s\n", made.status().ToString().c_str());
      std::abort();
    }
    policy_ = *std::move(made);
    SetTickNs(policy_->PreferredTickNs() != 0 ? policy_->PreferredTickNs()
                                              : 10 * kMs);
    policy_->BindHost(this);
    policy_->Reserve(static_cast<size_t>(tasks));
    for (int64_t i = 0; i < tasks; ++i) {
      tasks_.push_back(std::make_unique<Entity>());
      Entity& task = *tasks_.back();
      task.id = static_cast<uint64_t>(i + 1);
      // Some variety, so that keys differ.
      task.params.nice = static_cast<int>(i % 11) - 5;
      task.params.deadline_ns = (1 + i % 100) * kMs;
      if (const char* const refusal = policy_->Attach(task)) {
        std::fprintf(stderr, "%s: %s\n", policy.c_str(), refusal);
        std::abort();
      }
      policy_->Enqueue(task, EnqueueReason::kNew);
    }
    current_ = policy_->PickNext();
  }

  Scheduler& scheduler() override { return *policy_; }
  Entity* Current() override { return current_; }
  uint64_t Jiffies() const override {
    return static_cast<uint64_t>(now_ns_ / TickNs());
  }
  int64_t Now() const override { return now_ns_; }
  void Wake(Entity& entity) override {
    policy_->Enqueue(entity, EnqueueReason::kWoken);
  }
  void PreemptDisable() override {}
  void PreemptEnable() override {}
  void Block() override { std::abort(); }
  void Reschedule() override { std::abort(); }

  // The current task uses 100 us and yields.
  void Yield() {
    now_ns_ += kMs / 10;
    current_ = policy_->Yield(*current_);
  }

  // A tick, with the decision that it may lead to.
  void Tick() {
    now_ns_ += TickNs();
    if (!policy_->Tick(*current_, 1)) return;
    policy_->Enqueue(*current_, EnqueueReason::kPreempted);
    current_ = policy_->PickNext();
  }

  // The current task uses 100 us and sleeps; the one that did so before it
  // wakes up. So one decision, and maybe a second one.
  void BlockAndWake() {
    now_ns_ += kMs / 10;
    Entity* const blocking = current_;
    policy_->Dequeue(*blocking, DequeueReason::kBlocked);
    current_ = policy_->PickNext();
    if (sleeping_ != nullptr) {
      Wake(*sleeping_);
      if (policy_->WakeupPreempts(*current_, *sleeping_)) {
        policy_->Enqueue(*current_, EnqueueReason::kPreempted);
        current_ = policy_->PickNext();
      }
    }
    sleeping_ = blocking;
  }

 private:
  std::unique_ptr<Scheduler> policy_;
  std::vector<std::unique_ptr<Entity>> tasks_;
  Entity* current_ = nullptr;
  Entity* sleeping_ = nullptr;
  int64_t now_ns_ = 0;
};

void Run(benchmark::State& state, const std::string& policy,
         void (Machine::*step)()) {
  Machine machine(policy, state.range(0));
  // Every task has had the CPU, so that none is new any more.
  for (int64_t i = 0; i < 2 * state.range(0); ++i) (machine.*step)();
  for (auto _ : state) (machine.*step)();
  state.SetItemsProcessed(state.iterations());
}

// All benchmarks of all policies.
int RegisterAll() {
  struct Step {
    const char* name;
    void (Machine::*step)();
  };
  constexpr Step kSteps[] = {{"Yield", &Machine::Yield},
                             {"Tick", &Machine::Tick},
                             {"BlockAndWake", &Machine::BlockAndWake}};
  for (const Step& step : kSteps) {
    for (const PolicyInfo& policy : AllPolicies()) {
      const std::string& name = policy.name;
      auto* const registered = benchmark::RegisterBenchmark(
          absl::StrCat(step.name, "/", name).c_str(),
          [name, step](benchmark::State& state) {
            Run(state, name, step.step);
          });
      registered->ArgName("tasks")->Arg(10);
      // It has 63 slots.
      if (name == "linux-0.01") continue;
      registered->Arg(100)->Arg(1000)->Arg(10'000);
    }
  }
  return 0;
}

[[maybe_unused]] const int registered = RegisterAll();

}  // namespace
}  // namespace jiffy::sched
