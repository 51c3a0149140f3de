#include "runtime/options.h"

#include <signal.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace jiffy {
namespace {

absl::Status CheckPeriod(absl::string_view option, absl::Duration value) {
  if (value >= kMinTimeSlice && value <= kMaxTimeSlice) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, " = ", absl::FormatDuration(value),
                   ": must be from ", absl::FormatDuration(kMinTimeSlice),
                   " to ", absl::FormatDuration(kMaxTimeSlice)));
}

// Checks a time of a job; 0 means that it was not declared.
absl::Status CheckJobTime(absl::string_view option, absl::Duration value) {
  if (value >= absl::ZeroDuration() && value <= kMaxTimeSlice) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      option, " = ", absl::FormatDuration(value), ": must be from 0 to ",
      absl::FormatDuration(kMaxTimeSlice)));
}

absl::Status CheckStack(absl::string_view option, size_t value) {
  if (value >= kMinStackSize && value <= kMaxStackSize) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, " = ", value, " bytes: must be from ", kMinStackSize,
                   " (16 KiB) to ", kMaxStackSize, " (1 GiB)"));
}

// Returns why the runtime cannot handle the signal; nullptr if it can.
const char* WhyNoHandler(int signal) {
  switch (signal) {
    case SIGKILL:
    case SIGSTOP:
      return " cannot be handled";
    case SIGILL:
    case SIGTRAP:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGSYS:
      return " tells of a fault, which would repeat for ever";
  }
  if (signal < 1 || signal > SIGRTMAX) return " is no signal";
  if (signal > 31 && signal < SIGRTMIN) return " is libc's own";
  return nullptr;
}

absl::Status CheckSignal(absl::string_view option, int signal) {
  const char* why = WhyNoHandler(signal);
  if (why == nullptr) return absl::OkStatus();
  const char* name = sigabbrev_np(signal);
  return absl::InvalidArgumentError(absl::StrCat(
      option, " = ", signal, ": ", name == nullptr ? "it" : "SIG",
      name == nullptr ? "" : name, why,
      "; must be from 1 to 31 but SIGKILL, SIGSTOP, SIGILL, SIGTRAP, SIGBUS, "
      "SIGFPE, SIGSEGV and SIGSYS, or from ",
      SIGRTMIN, " to ", SIGRTMAX));
}

}  // namespace

absl::Status Validate(const RuntimeOptions& options) {
  if (absl::Status status = CheckPeriod("time_slice", options.time_slice);
      !status.ok()) {
    return status;
  }
  if (options.tick.has_value()) {
    if (absl::Status status = CheckPeriod("tick", *options.tick);
        !status.ok()) {
      return status;
    }
  }
  if (absl::Status status = CheckStack("stack_size", options.stack_size);
      !status.ok()) {
    return status;
  }
  if (absl::Status status =
          CheckStack("main_stack_size", options.main_stack_size);
      !status.ok()) {
    return status;
  }
  if (options.guard_size < kMinGuardSize ||
      options.guard_size > kMaxGuardSize) {
    return absl::InvalidArgumentError(absl::StrCat(
        "guard_size = ", options.guard_size, " bytes: must be from ",
        kMinGuardSize, " (4 KiB) to ", kMaxGuardSize, " (64 MiB)"));
  }
  for (const auto& [option, value] :
       {std::pair<absl::string_view, absl::Duration>{
            "report_guard_after", options.report_guard_after},
        {"report_wait_after", options.report_wait_after}}) {
    if (value < absl::Milliseconds(1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          option, " = ", absl::FormatDuration(value), ": must be 1ms or more"));
    }
    if (value != absl::InfiniteDuration() && !options.preempt) {
      return absl::InvalidArgumentError(absl::StrCat(
          option, " = ", absl::FormatDuration(value),
          ": counts in ticks, and there are none with preempt = false"));
    }
  }
  if (options.trim_stacks_after < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "trim_stacks_after = ", absl::FormatDuration(options.trim_stacks_after),
        ": must be 1ms or more"));
  }
  if (options.trace_capacity > kMaxTraceCapacity) {
    return absl::InvalidArgumentError(
        absl::StrCat("trace_capacity = ", options.trace_capacity,
                     ": must be at most ", kMaxTraceCapacity, " events"));
  }
  if (absl::Status status = CheckSignal("signal", options.signal);
      !status.ok()) {
    return status;
  }
  if (options.dump_signal == 0) return absl::OkStatus();
  if (options.dump_signal == options.signal) {
    return absl::InvalidArgumentError(
        absl::StrCat("dump_signal = ", options.dump_signal,
                     ": is the signal of the timer interrupt; must be another, "
                     "or 0 for none"));
  }
  return CheckSignal("dump_signal", options.dump_signal);
}

absl::Status Validate(const ThreadOptions& options) {
  if (options.name.size() > kMaxNameLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("name = \"", options.name, "\": has ", options.name.size(),
                     " bytes, at most ", kMaxNameLength, " are allowed"));
  }
  if (options.name.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "name = \"", options.name.c_str(), "\": must not contain a zero byte"));
  }
  if (options.nice < -20 || options.nice > 19) {
    return absl::InvalidArgumentError(absl::StrCat(
        "nice = ", options.nice, ": must be from -20 (most CPU) to 19"));
  }
  // More than any sensible policy needs, and far from overflow in its
  // arithmetic.
  constexpr int kMaxPriority = 1'000'000;
  if (options.priority < 0 || options.priority > kMaxPriority) {
    return absl::InvalidArgumentError(
        absl::StrCat("priority = ", options.priority, ": must be from 1 to ",
                     kMaxPriority, ", or 0 for the policy's default"));
  }
  if (options.time_slice.has_value()) {
    if (absl::Status status = CheckPeriod("time_slice", *options.time_slice);
        !status.ok()) {
      return status;
    }
  }
  for (const auto& [option, value] :
       {std::pair<const char*, absl::Duration>{"deadline", options.deadline},
        {"period", options.period},
        {"runtime", options.runtime}}) {
    if (absl::Status status = CheckJobTime(option, value); !status.ok()) {
      return status;
    }
  }
  if (options.stack_size.has_value()) {
    return CheckStack("stack_size", *options.stack_size);
  }
  return absl::OkStatus();
}

}  // namespace jiffy
