// Common code of the policies from Linux: how they read TaskParams, and the
// weight of a nice value.
#ifndef JIFFY_SCHED_LINUX_PARAMS_H_
#define JIFFY_SCHED_LINUX_PARAMS_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sched/entity.h"

namespace jiffy::sched {

inline constexpr int kMinNice = -20;
inline constexpr int kMaxNice = 19;
inline constexpr int kMaxRtPriority = 99;
inline constexpr int kDefaultRtPriority = 10;

// Weight of a nice-0 task: the unit of virtual time.
inline constexpr int64_t kNice0Weight = 1024;

// Returns the nice value, clamped to its range as setpriority(2) does.
constexpr int NiceOf(const TaskParams& params) {
  return std::clamp(params.nice, kMinNice, kMaxNice);
}

constexpr bool IsRealTime(SchedClass sched_class) {
  return sched_class == SchedClass::kFifo ||
         sched_class == SchedClass::kRoundRobin;
}
constexpr bool IsRealTime(const TaskParams& params) {
  return IsRealTime(params.sched_class);
}

constexpr bool IsIdle(const TaskParams& params) {
  return params.sched_class == SchedClass::kIdle;
}

// Returns the class of a task under policies that have the real-time classes
// and kNormal only.
constexpr SchedClass RealTimeClassOf(const TaskParams& params) {
  return IsRealTime(params) ? params.sched_class : SchedClass::kNormal;
}

// Returns the priority of a real-time task, clamped to 1 to 99.
constexpr int RtPriorityOf(const TaskParams& params) {
  if (params.priority == 0) return kDefaultRtPriority;
  return std::clamp(params.priority, 1, kMaxRtPriority);
}

// For Scheduler::Outranks: real-time tasks before others, by priority; others
// by nice value.
constexpr bool OutranksAsInLinux(const TaskParams& a, const TaskParams& b) {
  if (IsRealTime(a) != IsRealTime(b)) return IsRealTime(a);
  if (IsRealTime(a)) return RtPriorityOf(a) > RtPriorityOf(b);
  return NiceOf(a) < NiceOf(b);
}

// For Scheduler::Attach: returns why sched_setscheduler(2) would refuse these
// parameters, or nullptr if it would not.
constexpr const char* RefuseRtPriority(const TaskParams& params) {
  if (!IsRealTime(params)) return nullptr;
  if (params.priority >= 0 && params.priority <= kMaxRtPriority) return nullptr;
  return "the priority of a real-time task is 1 to 99 (0: the default, 10)";
}

// Returns the weight of a nice value. One step is a factor of about 1.25: a
// tenth of the CPU when two tasks compete.
//
// Source: sched_prio_to_weight in Linux's kernel/sched/core.c, the same since
// 2.6.23.
constexpr int64_t WeightOfNice(int nice) {
  constexpr int32_t kWeights[kMaxNice - kMinNice + 1] = {
      88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
      9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
      1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
      110,   87,    70,    56,    45,    36,    29,    23,    18,    15};
  return kWeights[nice - kMinNice];
}

// Returns the weight of a task: that of its nice value, or, under SCHED_IDLE,
// WEIGHT_IDLEPRIO, a fifth of the weight of nice 19.
constexpr int64_t WeightOf(const TaskParams& params) {
  constexpr int64_t kIdleWeight = 3;
  return IsIdle(params) ? kIdleWeight : WeightOfNice(NiceOf(params));
}

// Returns the factor by which CFS and EEVDF multiply their times on a machine
// with `cpus` CPUs: with more CPUs, latency matters less.
//
// Source: get_update_sysctl_factor in Linux's kernel/sched/fair.c, with the
// default SCHED_TUNABLESCALING_LOG.
constexpr int64_t CpuScale(int cpus) {
  return std::bit_width(static_cast<unsigned>(std::clamp(cpus, 1, 8)));
}

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_LINUX_PARAMS_H_
