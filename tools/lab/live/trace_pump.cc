#include "tools/lab/live/trace_pump.h"

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "sched/sim/rules.h"

namespace jiffy::lab {

using sched::sim::RunInfo;
using sched::sim::SwitchEvent;
using sched::sim::TaskSpec;
using sched::sim::TraceSink;
using sched::sim::TraceTask;
using sched::sim::Workload;

TracePump::TracePump(const Workload& workload, EventRing& ring,
                     const std::vector<TraceSink*>& sinks, int64_t end_us)
    : workload_(workload), ring_(ring), sinks_(sinks), end_us_(end_us) {}

TracePump::~TracePump() { Finish(); }

void TracePump::Start(const RunInfo& run) {
  Tell([&](TraceSink& sink) { sink.OnStart(run); });
  reader_ = std::thread([this] {
    while (!done_.load(std::memory_order_acquire)) {
      ring_.Drain([this](const LiveEvent& event) { Take(event); });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
}

void TracePump::Finish() {
  if (!reader_.joinable()) return;
  done_.store(true, std::memory_order_release);
  reader_.join();
  ring_.Drain([this](const LiveEvent& event) { Take(event); });
}

void TracePump::End(int64_t time_us) {
  Tell([&](TraceSink& sink) { sink.OnEnd(time_us); });
}

void TracePump::Take(const LiveEvent& event) {
  const int64_t time_us = event.time_ns / 1000;
  // Those that are there from the start are so even if nothing runs.
  if (time_us >= end_us_ &&
      (event.kind != LiveEvent::Kind::kCreate || time_us > 0)) {
    return;
  }
  switch (event.kind) {
    case LiveEvent::Kind::kCreate:
      Create(event, time_us);
      break;
    case LiveEvent::Kind::kWakeup:
      Tell([&](TraceSink& sink) {
        sink.OnWakeup(time_us, 0, *TaskOf(event.thread), TaskOf(event.other));
      });
      break;
    case LiveEvent::Kind::kBurstEnd:
      Tell([&](TraceSink& sink) {
        sink.OnBurstEnd(time_us, *TaskOf(event.thread));
      });
      break;
    case LiveEvent::Kind::kSwitch:
      Switch(event, time_us);
      break;
    case LiveEvent::Kind::kPhase: {
      const auto thread = static_cast<size_t>(event.thread);
      tasks_[thread].sched =
          *specs_[thread]->phases[static_cast<size_t>(event.number)].sched;
      break;
    }
  }
}

void TracePump::Create(const LiveEvent& event, int64_t time_us) {
  const TaskSpec& spec = workload_.tasks[static_cast<size_t>(event.other)];
  int slot = next_slot_;
  if (free_slots_.empty()) {
    ++next_slot_;
  } else {
    slot = free_slots_.top();
    free_slots_.pop();
  }
  specs_.push_back(&spec);
  const TraceTask& task = tasks_.emplace_back(TraceTask{
      .index = event.thread,
      .slot = slot,
      .name = sched::sim::ThreadName(spec, event.thread, event.number),
      .sched = spec.sched});
  Tell([&](TraceSink& sink) {
    sink.OnCreate(time_us, 0, task, event.runnable);
  });
}

void TracePump::Switch(const LiveEvent& event, int64_t time_us) {
  const TraceTask* const prev = TaskOf(event.thread);
  if (prev != nullptr) on_cpu_us_ += time_us - switched_us_;
  switched_us_ = time_us;
  if (event.state == 'X') free_slots_.push(prev->slot);
  const SwitchEvent told = {.time_us = time_us,
                            .cpu = 0,
                            .prev = prev,
                            .prev_state = event.state,
                            .next = TaskOf(event.other),
                            .cause = event.cause};
  Tell([&](TraceSink& sink) { sink.OnSwitch(told); });
}

}  // namespace jiffy::lab
