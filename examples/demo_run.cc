#include "examples/demo_run.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/progress.h"
#include "examples/workload.h"
#include "runtime/jiffy.h"

namespace jiffy::examples {
namespace {

using Clock = std::chrono::steady_clock;

// Enough for a minute of slices of 250 us; 8 MiB.
constexpr size_t kTraceCapacity = size_t{1} << 18;

// A workload on its thread, as the main thread sees it.
struct RunningTask {
  Thread thread;
  int rounds = 0;
  // The exception that the workload threw.
  std::string error = {};
};

// The code of each task. It reads the clock itself: a policy need not let
// another thread run that could tell it that time is up.
void Work(const std::stop_token& stop, Workload& workload,
          Clock::time_point until, int& rounds) {
  if (stop.stop_requested()) return;  // There is no room for all tasks.
  do {
    workload.Run();
    rounds++;
  } while (Clock::now() < until);
}

absl::Status Spawn(Workload& workload, Clock::time_point until,
                   RunningTask& task) {
  absl::StatusOr<Thread> thread =
      Thread::Spawn({.name = workload.name(), .priority = workload.priority()},
                    [&workload, until, &task](const std::stop_token& stop) {
                      Work(stop, workload, until, task.rounds);
                    });
  if (!thread.ok()) {
    return absl::Status(thread.status().code(),
                        absl::StrCat("task ", workload.name(), ": ",
                                     thread.status().message()));
  }
  task.thread = *std::move(thread);
  return absl::OkStatus();
}

void Join(RunningTask& task) {
  try {
    task.thread.Join().IgnoreError();
  } catch (const std::exception& exception) {
    task.error = exception.what();
  } catch (...) {
    task.error = "not a std::exception";
  }
}

// The main thread of the run: starts the tasks and watches them. The policy
// decides when it gets the CPU, as for any other thread.
class Watcher {
 public:
  Watcher(const std::vector<std::unique_ptr<Workload>>& workloads,
          absl::Duration duration, Progress& progress)
      : workloads_(workloads),
        duration_(duration),
        progress_(progress),
        tasks_(workloads.size()) {}

  void Run() {
    const Clock::time_point until =
        Clock::now() + absl::ToChronoNanoseconds(duration_);
    for (size_t i = 0; i < tasks_.size(); ++i) {
      status_ = Spawn(*workloads_[i], until, tasks_[i]);
      if (!status_.ok()) break;
    }
    if (status_.ok()) {
      Watch();
    } else {
      for (RunningTask& task : tasks_) task.thread.RequestStop();
    }
    for (size_t i = 0; i < tasks_.size(); ++i) {
      results_.push_back({.name = workloads_[i]->name(),
                          .stats = tasks_[i].thread.Stats(),
                          .rounds = 0,
                          .verdict = {}});
      Join(tasks_[i]);
      results_[i].rounds = tasks_[i].rounds;
    }
  }

  // To be called after the run. Whether all tasks ended.
  bool done() const { return results_.size() == tasks_.size(); }
  absl::StatusOr<std::vector<TaskResult>> TakeResults() {
    if (!status_.ok()) return status_;
    for (size_t i = 0; i < results_.size(); ++i) {
      const std::string& error = tasks_[i].error;
      results_[i].verdict =
          error.empty()
              ? workloads_[i]->Check()
              : Verdict{false, absl::StrCat("ended by an exception: ", error)};
    }
    return std::move(results_);
  }

 private:
  void Watch() {
    std::vector<ThreadStats> stats(tasks_.size());
    bool all_finished = false;
    while (!all_finished) {
      this_thread::SleepFor(progress_.interval());
      all_finished = true;
      for (size_t i = 0; i < tasks_.size(); ++i) {
        stats[i] = tasks_[i].thread.Stats();
        all_finished = all_finished && stats[i].finished;
      }
      progress_.Show(stats);
    }
  }

  const std::vector<std::unique_ptr<Workload>>& workloads_;
  const absl::Duration duration_;
  Progress& progress_;
  std::vector<RunningTask> tasks_;
  std::vector<TaskResult> results_;
  absl::Status status_;
};

}  // namespace

absl::Duration DemoResult::wall_time() const {
  absl::Duration begin = absl::InfiniteDuration();
  absl::Duration end;
  for (const TaskResult& task : tasks) {
    begin = std::min(begin, task.stats.spawned);
    end = std::max(end, task.stats.ended);
  }
  return end - begin;
}

bool DemoResult::all_correct() const {
  return std::all_of(tasks.begin(), tasks.end(), [](const TaskResult& task) {
    return task.verdict.correct;
  });
}

absl::StatusOr<DemoResult> RunWorkloads(
    RuntimeOptions options, absl::Duration duration,
    const std::vector<std::unique_ptr<Workload>>& workloads,
    Progress& progress) {
  options.measure_time = true;
  options.trace_capacity = kTraceCapacity;
  options.dump_signal = SIGQUIT;
  absl::StatusOr<Runtime> runtime = Runtime::Create(std::move(options));
  if (!runtime.ok()) return runtime.status();
  Watcher watcher(workloads, duration, progress);
  absl::Status status = runtime->Run([&watcher] { watcher.Run(); });
  // Once all tasks have ended, only writing the trace file can fail.
  if (!status.ok() && !watcher.done()) return status;
  absl::StatusOr<std::vector<TaskResult>> tasks = watcher.TakeResults();
  if (!tasks.ok()) return tasks.status();
  return DemoResult{.tasks = *std::move(tasks),
                    .trace = runtime->TakeTrace(),
                    .trace_written = status,
                    .tick = runtime->Stats().tick};
}

}  // namespace jiffy::examples
