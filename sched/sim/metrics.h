// The figures of a run: who got how much, how fast, how fairly.
#ifndef JIFFY_SCHED_SIM_METRICS_H_
#define JIFFY_SCHED_SIM_METRICS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sched/sim/histogram.h"
#include "sched/sim/trace.h"

namespace jiffy::sched::sim {

// All times in microseconds.
struct TaskMetrics {
  std::string name;
  int64_t cpu_us = 0;
  // CPU time as a part of the run's time: 1 is one CPU, all the time.
  double share = 0;
  // How often it came to the CPU.
  uint64_t switches = 0;
  // How often the CPU was taken from it while it could have gone on. A yield is
  // none.
  uint64_t preemptions = 0;
  // Runnable, but not on a CPU: in all, and the longest time in one piece.
  int64_t waiting_us = 0;
  int64_t longest_wait_us = 0;
  // From being woken to being on a CPU. See histogram.h for the quantiles'
  // error; the largest is exact.
  uint64_t wakeups = 0;
  int64_t latency_p50_us = 0;
  int64_t latency_p99_us = 0;
  int64_t latency_max_us = 0;
  // Completed "run" events.
  uint64_t bursts = 0;
  // From its start (after its delay) to its exit; -1 if it did not exit.
  int64_t turnaround_us = -1;
};

struct RunMetrics {
  RunInfo run;
  int64_t elapsed_us = 0;
  uint64_t switches = 0;
  // Part of the CPUs' time in which they were not idle.
  double utilization = 0;
  // Completed "run" events a second: what gets done.
  double throughput = 0;
  // Jain's index of the tasks' CPU times: 1 if all got the same, 1/n if one of
  // n got everything. 1 if nobody got anything.
  double fairness = 1;
  uint64_t exited = 0;
  std::vector<TaskMetrics> tasks;
};

// Gathers them. Memory grows with the threads of a run, not with its length.
class MetricsSink final : public TraceSink {
 public:
  void OnStart(const RunInfo& run) override { result_.run = run; }
  void OnCreate(int64_t time_us, int cpu, const TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const TraceTask& task,
                const TraceTask* waker) override;
  void OnBurstEnd(int64_t time_us, const TraceTask& task) override;
  void OnSwitch(const SwitchEvent& event) override;
  void OnEnd(int64_t time_us) override;

  // Returns the figures, once the run is over.
  const RunMetrics& result() const { return result_; }
  // Returns the wake-up latencies of the thread with that index; nullptr if it
  // has none.
  const Histogram* latency(size_t index) const {
    return latencies_[index].get();
  }

 private:
  // What changes with each event lies close together: with many tasks, that
  // is what the time goes into.
  struct Account {
    int64_t cpu_us = 0;
    int64_t waiting_us = 0;
    int64_t longest_wait_us = 0;
    uint64_t switches = 0;
    uint64_t preemptions = 0;
    uint64_t bursts = 0;
    // When it got into its present state.
    int64_t since_us = 0;
    int64_t start_us = -1;
    // When it was woken, if it was not on a CPU since; else -1.
    int64_t woken_us = -1;
    int64_t turnaround_us = -1;
    bool running = false;
    bool waiting = false;
  };

  Account& Of(const TraceTask& task) {
    return accounts_[static_cast<size_t>(task.index)];
  }
  void StartWaiting(Account& account, int64_t time_us);
  void StopWaiting(Account& account, int64_t time_us);
  void Answer(const TraceTask& task, int64_t time_us);

  // By the task's index.
  std::vector<Account> accounts_;
  // Made with the first wake-up: most of many tasks may never sleep.
  std::vector<std::unique_ptr<Histogram>> latencies_;
  std::vector<std::string> names_;
  RunMetrics result_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_METRICS_H_
