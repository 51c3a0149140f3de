#include "tools/doctor/findings.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

namespace jiffy::doctor {
namespace {

// The text of a file of the kernel's without white space around it; "" if
// there is none.
std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return std::string(absl::StripAsciiWhitespace(text));
}

std::string GiB(double bytes) {
  return absl::StrFormat("%.1f GiB", bytes / (1 << 30));
}

Finding Machine() {
  utsname name;
  uname(&name);
  return {.subject = "machine",
          .fact = absl::StrCat(name.machine, ", Linux ", name.release,
                               ", glibc ", gnu_get_libc_version()),
          .consequence = "",
          .cure = ""};
}

Finding ThreadBlocks() {
  Finding finding = {
      .subject = "thread blocks", .fact = "", .consequence = "", .cure = ""};
  const absl::StatusOr<Runtime> runtime = Runtime::Create({});
  if (!runtime.ok()) {
    finding.fact = std::string(runtime.status().message());
    finding.consequence = "green threads cannot be preempted here";
    finding.cure = "see the reason above";
  } else if (runtime->features().own_tls) {
    finding.fact = "each green thread can have its own";
    finding.consequence = "threads are preempted anywhere, in libc too";
  } else {
    finding.fact = runtime->features().shared_tls_reason;
    finding.consequence =
        "threads share thread_local objects, and are preempted in the "
        "program's own code only";
    finding.cure = "on x86-64: Linux 5.9 or later, booted without nofsgsbase";
  }
  return finding;
}

Finding Timers() {
  Finding finding = {
      .subject = "timers", .fact = "", .consequence = "", .cure = ""};
  timespec resolution = {};
  clock_getres(CLOCK_MONOTONIC, &resolution);
  constexpr absl::Duration kSlice = absl::Microseconds(50);
  constexpr absl::Duration kFor = absl::Milliseconds(200);
  RuntimeOptions options;
  options.time_slice = kSlice;
  RuntimeStats stats;
  const absl::Status status = Run(options, [&] {
    const absl::Time end = absl::Now() + kFor;
    while (absl::Now() < end) {
    }
    stats = CurrentStats();
  });
  if (!status.ok()) {
    finding.fact = std::string(status.message());
    finding.consequence = "no run is possible";
    finding.cure =
        absl::StrContains(finding.fact, "RLIMIT_SIGPENDING")
            ? "a larger limit of pending signals (ulimit -i)"
            : "let the seccomp filter pass timer_create, timer_settime and "
              "timer_delete";
    return finding;
  }
  const auto ticks = static_cast<double>(stats.ticks);
  const auto stolen = static_cast<double>(stats.stolen_ticks);
  const double due = kFor / kSlice;
  finding.fact = absl::StrFormat(
      "of %.0f ticks of 50 us, %.0f came; %.0f fell into time that others had "
      "the CPU",
      due, ticks, stolen);
  finding.consequence = "time slices of 50 us and more";
  if (resolution.tv_sec != 0 || resolution.tv_nsec > 1'000) {
    finding.consequence = absl::StrCat("time slices are multiples of ",
                                       resolution.tv_nsec, " ns");
    finding.cure =
        "a kernel with CONFIG_HIGH_RES_TIMERS, booted without highres=off";
  }
  return finding;
}

// The quota of a control group of version 2, in CPUs; 0 if there is none.
double CpuQuota() {
  const std::vector<std::string> words =
      absl::StrSplit(ReadFile("/sys/fs/cgroup/cpu.max"), ' ');
  double quota = 0;
  double period = 0;
  if (words.size() != 2 || !absl::SimpleAtod(words[0], &quota) ||
      !absl::SimpleAtod(words[1], &period) || period <= 0) {
    return 0;
  }
  return quota / period;
}

Finding Cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  const double quota = CpuQuota();
  Finding finding = {
      .subject = "CPUs",
      .fact = absl::StrCat(CPU_COUNT(&set), " of ", get_nprocs_conf(),
                           " for this process"),
      .consequence = "a run uses one of them",
      .cure = ""};
  if (quota > 0) {
    absl::StrAppendFormat(&finding.fact, ", a quota of %.2f", quota);
  }
  if (quota > 0 && quota < 1) {
    finding.consequence =
        "the run is stopped for a part of each period; no thread is charged "
        "with that time";
    finding.cure = "a quota (cpu.max) of one CPU or more";
  }
  return finding;
}

int64_t CountMappings() {
  std::ifstream in("/proc/self/maps");
  int64_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  return lines;
}

Finding Guards() {
  constexpr int64_t kStacks = 64;
  int64_t added = 0;
  const absl::Status status = Run({}, [&] {
    Event end;
    std::vector<Thread> threads;
    const int64_t before = CountMappings();
    for (int i = 0; i < kStacks; ++i) {
      threads.emplace_back(ThreadOptions{.child_runs_first = true},
                           [&end] { end.Wait(); });
    }
    added = CountMappings() - before;
    end.Set();
  });
  Finding finding = {.subject = "stack guards",
                     .fact = std::string(status.message()),
                     .consequence = "",
                     .cure = ""};
  if (!status.ok()) return finding;
  if (added < kStacks) {
    finding.fact = "part of the stacks' mapping";
    finding.consequence = "the number of threads is limited by memory only";
    return finding;
  }
  const std::string most = ReadFile("/proc/sys/vm/max_map_count");
  int64_t mappings = 0;
  finding.fact = absl::StrCat(
      "mappings of their own, as before Linux 6.13; vm.max_map_count is ",
      most);
  if (absl::SimpleAtoi(most, &mappings)) {
    finding.consequence = absl::StrCat("some ", mappings * kStacks / added,
                                       " threads with stacks at once");
    // What the kernel allows if nobody says otherwise.
    constexpr int64_t kUsual = 65'530;
    if (mappings < kUsual) finding.cure = "sysctl vm.max_map_count=1000000";
  }
  return finding;
}

Finding Memory() {
  struct sysinfo info = {};
  sysinfo(&info);
  const double memory = static_cast<double>(info.totalram) * info.mem_unit;
  Finding finding = {
      .subject = "memory", .fact = GiB(memory), .consequence = "", .cure = ""};
  double most = 0;
  if (absl::SimpleAtod(ReadFile("/sys/fs/cgroup/memory.max"), &most)) {
    absl::StrAppend(&finding.fact, ", of which the control group may have ",
                    GiB(most));
  }
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  if (limit.rlim_cur != RLIM_INFINITY) {
    absl::StrAppend(&finding.fact, "; address space is limited to ",
                    GiB(static_cast<double>(limit.rlim_cur)));
    finding.consequence = "stacks are reserved in pieces of 64 MiB";
    if (limit.rlim_cur < (rlim_t{1} << 30)) {
      finding.cure = "a larger limit of address space (ulimit -v)";
    }
  }
  return finding;
}

Finding Seccomp() {
  for (const absl::string_view line :
       absl::StrSplit(ReadFile("/proc/self/status"), '\n')) {
    std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.first != "Seccomp") continue;
    const bool filtered = absl::StripAsciiWhitespace(parts.second) != "0";
    return {.subject = "seccomp",
            .fact = filtered ? "system calls are filtered" : "no filter",
            .consequence =
                filtered ? "what a run needs was let through, if all above is "
                           "well"
                         : "",
            .cure = ""};
  }
  return {.subject = "seccomp",
          .fact = "the kernel does not say",
          .consequence = "",
          .cure = ""};
}

Finding Perf() {
  const std::string level = ReadFile("/proc/sys/kernel/perf_event_paranoid");
  int paranoid = 0;
  if (!absl::SimpleAtoi(level, &paranoid)) {
    return {.subject = "perf",
            .fact = "the kernel has no perf events",
            .consequence = "perf cannot profile green threads",
            .cure = ""};
  }
  const bool may = paranoid <= 2 || geteuid() == 0;
  return {.subject = "perf",
          .fact = absl::StrCat("kernel.perf_event_paranoid is ", paranoid),
          .consequence = may ? "perf sees green threads as functions of one "
                               "OS thread"
                             : "perf cannot profile",
          .cure = may ? "" : "sysctl kernel.perf_event_paranoid=2"};
}

}  // namespace

std::vector<Finding> ExamineMachine() {
  return {Machine(), ThreadBlocks(), Timers(),  Cpus(),
          Guards(),  Memory(),       Seccomp(), Perf()};
}

}  // namespace jiffy::doctor
