// A sink that checks the rules that every run must obey.
#ifndef JIFFY_TESTS_LAB_TRACE_CHECKER_H_
#define JIFFY_TESTS_LAB_TRACE_CHECKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/sim/trace.h"

namespace jiffy::lab {

// Fails the test if time goes back, if a task runs that is not runnable, if a
// task exits twice or is woken while not blocked, or if the CPU idles while a
// task is runnable. One CPU.
class TraceChecker final : public sched::sim::TraceSink {
 public:
  void OnStart(const sched::sim::RunInfo& run) override;
  void OnCreate(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                bool runnable) override;
  void OnWakeup(int64_t time_us, int cpu, const sched::sim::TraceTask& task,
                const sched::sim::TraceTask* waker) override;
  void OnBurstEnd(int64_t time_us, const sched::sim::TraceTask& task) override;
  void OnSwitch(const sched::sim::SwitchEvent& event) override;
  void OnEnd(int64_t time_us) override;

  bool started() const { return started_; }
  bool ended() const { return ended_; }
  int64_t end_us() const { return last_us_; }
  size_t created() const { return tasks_.size(); }
  size_t exited() const { return exited_; }
  // Returns how many tasks never had the CPU.
  size_t never_ran() const;
  // A line for each event, "A-0,R,B-1": who left, how, who came; and who woke
  // whom.
  const std::string& order() const { return order_; }

 private:
  enum class State { kBlocked, kRunnable, kRunning, kExited };
  struct Task {
    std::string name;
    State state = State::kBlocked;
    bool ran = false;
  };

  Task& Of(const sched::sim::TraceTask& task);
  void At(int64_t time_us);

  bool started_ = false;
  bool ended_ = false;
  int64_t last_us_ = 0;
  size_t exited_ = 0;
  std::vector<Task> tasks_;
  const sched::sim::TraceTask* current_ = nullptr;
  std::string order_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TESTS_LAB_TRACE_CHECKER_H_
