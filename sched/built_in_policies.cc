#include "sched/built_in_policies.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sched/cfs.h"
#include "sched/edf.h"
#include "sched/eevdf.h"
#include "sched/linux24.h"
#include "sched/linux_o1.h"
#include "sched/lottery.h"
#include "sched/mlfq.h"
#include "sched/policy_params.h"
#include "sched/stride.h"
#include "sched/with_real_time.h"

namespace jiffy::sched {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Scheduler>>;

// Limits of times: the runtime's shortest tick, and an hour, which stands for
// ever.
constexpr int64_t kMinUs = 50;
constexpr int64_t kMaxUs = int64_t{3600} * 1'000'000;
constexpr int64_t kMsPerHour = int64_t{3600} * 1000;

std::string Name(std::string_view name) { return std::string(name); }

std::string InUs(int64_t ns) { return absl::StrCat(ns / 1000); }

Made MakeCfs(const PolicyConfig& config) {
  Cfs::Options options = Cfs::DefaultOptions(config.cpus);
  ParamReader params(Cfs::kName, config);
  params.Microseconds("sched_latency_us", kMinUs, kMaxUs,
                      &options.sched_latency_ns);
  params.Microseconds("min_granularity_us", kMinUs, kMaxUs,
                      &options.min_granularity_ns);
  params.Microseconds("wakeup_granularity_us", 0, kMaxUs,
                      &options.wakeup_granularity_ns);
  if (!params.status().ok()) return params.status();
  return std::make_unique<WithRealTime<Cfs>>(options);
}

Made MakeEevdf(const PolicyConfig& config) {
  Eevdf::Options options = Eevdf::DefaultOptions(config.cpus);
  ParamReader params(Eevdf::kName, config);
  params.Microseconds("base_slice_us", kMinUs, kMaxUs, &options.base_slice_ns);
  if (!params.status().ok()) return params.status();
  return std::make_unique<WithRealTime<Eevdf>>(options);
}

Made MakeLottery(const PolicyConfig& config) {
  int64_t compensation = 1;
  ParamReader params(Lottery::kName, config);
  params.Int("compensation", 0, 1, &compensation);
  if (!params.status().ok()) return params.status();
  return std::make_unique<Lottery>(
      Lottery::Options{.slice_ns = config.slice_ns,
                       .seed = config.seed,
                       .compensation = compensation == 1});
}

Made MakeMlfq(const PolicyConfig& config) {
  const Mlfq::Options defaults;
  int64_t levels = defaults.levels;
  std::vector<int64_t> slices_ns = {config.slice_ns};
  int64_t boost_ms = defaults.boost_ns / 1'000'000;
  ParamReader params(Mlfq::kName, config);
  params.Int("levels", 1, Mlfq::kMaxLevels, &levels);
  params.MicrosecondsList("slice_us", kMinUs, kMaxUs, &slices_ns);
  params.Int("boost_ms", 0, kMsPerHour, &boost_ms);
  if (slices_ns.size() > 1 && slices_ns.size() != static_cast<size_t>(levels)) {
    params.Refuse(
        "slice_us",
        absl::StrCat("one number, or one for each of the ", levels, " levels"));
  }
  if (!params.status().ok()) return params.status();
  Mlfq::Options options =
      Mlfq::DoublingSlices(static_cast<int>(levels), slices_ns[0]);
  if (slices_ns.size() > 1) {
    std::copy(slices_ns.begin(), slices_ns.end(), options.slice_ns);
  }
  options.boost_ns = boost_ms * 1'000'000;
  return std::make_unique<Mlfq>(options);
}

}  // namespace

PolicyInfo Linux24Info() {
  return {Name(Linux24::kName), "Linux 2.4 (2001): goodness, O(n), recharge",
          [](const PolicyConfig&) { return std::make_unique<Linux24>(); }};
}

PolicyInfo LinuxO1Info() {
  return {Name(LinuxO1::kName),
          "Linux 2.6.12 (2005): 140 levels, active and expired, interactivity",
          [](const PolicyConfig& config) {
            return std::make_unique<LinuxO1>(config.cpus);
          }};
}

PolicyInfo CfsInfo() {
  const Cfs::Options one_cpu = Cfs::DefaultOptions(1);
  return {
      Name(Cfs::kName),
      "Linux 2.6.23 to 6.5 (2007): the smallest virtual runtime",
      MakeCfs,
      {{"sched_latency_us", InUs(one_cpu.sched_latency_ns),
        "period in which each runnable task gets its slice, while that many "
        "slices fit; the default is that of one CPU"},
       {"min_granularity_us", InUs(one_cpu.min_granularity_ns),
        "the least that a task runs before a tick preempts it"},
       {"wakeup_granularity_us", InUs(one_cpu.wakeup_granularity_ns),
        "lead of the current task that a woken one preempts"}}};
}

PolicyInfo EevdfInfo() {
  const Eevdf::Options one_cpu = Eevdf::DefaultOptions(1);
  return {Name(Eevdf::kName),
          "Linux since 6.6 (2023): the earliest eligible virtual deadline",
          MakeEevdf,
          {{"base_slice_us", InUs(one_cpu.base_slice_ns),
            "slice of a task that sets none; the default is that of one CPU"}}};
}

PolicyInfo LotteryInfo() {
  return {Name(Lottery::kName),
          "lottery scheduling: a ticket drawn for each time slice",
          MakeLottery,
          {{"compensation", "1",
            "1: who leaves a part of its slice has more tickets next time; 0: "
            "not"}}};
}

PolicyInfo StrideInfo() {
  return {Name(Stride::kName),
          "stride scheduling: exact shares, in the ratio of tickets",
          [](const PolicyConfig& config) {
            return std::make_unique<Stride>(config.slice_ns);
          }};
}

PolicyInfo MlfqInfo() {
  const Mlfq::Options defaults;
  return {
      Name(Mlfq::kName),
      "multilevel feedback queue: down a level for each slice used up",
      MakeMlfq,
      {{"levels", absl::StrCat(defaults.levels), "number of levels"},
       {"slice_us", "",
        "slice of the top level, twice as much at each below; or a list, one "
        "for each level (default: the time slice)"},
       {"boost_ms", absl::StrCat(defaults.boost_ns / 1'000'000),
        "period after which all tasks go to the top; 0: never"}}};
}

PolicyInfo EdfInfo() {
  return {Name(Edf::kName), "earliest deadline first, with an admission test",
          [](const PolicyConfig&) { return std::make_unique<Edf>(); }};
}

}  // namespace jiffy::sched
