#include "runtime/runtime.h"

#include <cxxabi.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/current_worker.h"
#include "runtime/core/fork.h"
#include "runtime/core/machine.h"
#include "runtime/core/slot_pool.h"
#include "runtime/core/task.h"
#include "runtime/core/tracer.h"
#include "runtime/core/worker.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/report.h"
#include "runtime/debug/trace_file.h"
#include "runtime/debug/trace_output.h"
#include "runtime/libc/program_check.h"
#include "runtime/libc/setxid.h"
#include "runtime/libc/slot.h"
#include "runtime/libc/thread_block.h"
#include "runtime/machine/current_run.h"
#include "runtime/machine/machine_view.h"
#include "runtime/options.h"
#include "runtime/testing.h"
#include "runtime/thread.h"
#include "runtime/version.h"
#include "sched/registry.h"
#include "signals/fault.h"
#include "signals/handler.h"
#include "signals/race.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy {
namespace {

using internal::TraceOutput;
using internal::Worker;

std::atomic<int64_t> forced_tick_ns{0};

absl::StatusOr<std::unique_ptr<sched::Scheduler>> MakeScheduler(
    const RuntimeOptions& options) {
  sched::PolicyConfig config;
  config.slice_ns = absl::ToInt64Nanoseconds(options.time_slice);
  config.seed = options.seed;
  config.params = options.scheduler_params;
  absl::StatusOr<std::unique_ptr<sched::Scheduler>> policy =
      options.policy ? options.policy(config)
                     : sched::MakePolicy(options.scheduler, config);
  if (policy.ok() && *policy == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.policy ? "policy" : "scheduler = " + options.scheduler,
        ": its factory returned a null pointer"));
  }
  return policy;
}

int64_t WantedTickNs(const RuntimeOptions& options,
                     const sched::Scheduler& policy) {
  if (const int64_t forced = forced_tick_ns.load(); forced != 0) return forced;
  if (options.tick.has_value()) return absl::ToInt64Nanoseconds(*options.tick);
  if (policy.PreferredTickNs() != 0) return policy.PreferredTickNs();
  return absl::ToInt64Nanoseconds(options.time_slice);
}

int64_t TickNs(const RuntimeOptions& options, const sched::Scheduler& policy) {
  return std::max(WantedTickNs(options, policy), signals::kShortestTickNs);
}

// Returns the worker of the calling green thread, for CurrentHost().
sched::Host* CurrentHostOfWorker() {
  return internal::InGreenThread() ? internal::CurrentWorker() : nullptr;
}

// Finds the stack of the current thread, for the fault handler. Returns false
// if no thread is current.
bool CurrentStack(signals::FaultStack* stack) {
  const internal::Task* task = internal::CurrentTask();
  if (task == nullptr || task->completion == nullptr) return false;
  stack->low = task->stack_low;
  stack->high = task->stack_high;
  stack->guard_size = internal::CurrentWorker()->guard_size();
  stack->size = internal::SlotSize(task->slot_class);
  const internal::ThreadName name = internal::NameOf(*task->completion);
  memcpy(stack->task_name, name.text, sizeof name.text);
  stack->task_id = task->id;
  return true;
}

// Error of Run in a forked process in which Run's function did not end.
absl::Status ChildWithoutMain(const internal::ForkOrigin& fork) {
  std::string who = "a signal handler";
  if (fork.id != 0) {
    const std::string number = absl::StrCat(fork.id);
    who = absl::StrCat(
        "thread '",
        fork.thread.text[0] != '\0' ? fork.thread.text : "thread-" + number,
        "' (#", number, ")");
  }
  return absl::AbortedError(absl::StrCat(
      "this process is the child of a fork by ", who,
      ", and has no other thread: the function that Run was called with did "
      "not end here"));
}

}  // namespace

namespace testing {

void ForceTickNs(int64_t tick_ns) { forced_tick_ns = tick_ns; }

void ForceTicksInLibc(bool force) { signals::ForceTicksInLibc(force); }

uint64_t CarvedSlots() { return internal::CarvedSlots(); }

}  // namespace testing

class Runtime::Impl {
 public:
  explicit Impl(RuntimeOptions options) : options_(std::move(options)) {}

  void FindFeatures() {
    if (options_.shared_tls) {
      features_.shared_tls_reason = "RuntimeOptions::shared_tls asks for it";
      return;
    }
    if (absl::Status status = internal::DiscoverLibcThreads(); !status.ok()) {
      features_.shared_tls_reason = std::string(status.message());
      fprintf(stderr,
              "jiffy: green threads share thread-local storage here, and are "
              "preempted in the program's own code only: %s\n",
              features_.shared_tls_reason.c_str());
      return;
    }
    features_.own_tls = true;
  }

  absl::Status Run(absl::FunctionRef<void()> fn) {
    if (!internal::BeginRun()) {
      return absl::FailedPreconditionError(
          "a jiffy run is under way in this process, and there can be one at a "
          "time (the timer signal is the process's): wait until its Run "
          "returns");
    }
    absl::Cleanup not_running = [] { internal::EndRun(); };
    if (const int error = internal::ForkHandlersError(); error != 0) {
      return absl::ErrnoToStatus(error, "pthread_atfork");
    }
    internal::SetUpBias();
    if (features_.own_tls) {
      if (absl::Status status =
              internal::SettleLateStaticTls(options_.late_static_tls);
          !status.ok()) {
        return status;
      }
      internal::WrapSetxidHandler();
    }

    absl::StatusOr<TraceOutput> trace = TraceOutput::Open(options_);
    if (!trace.ok()) return trace.status();

    absl::StatusOr<std::unique_ptr<sched::Scheduler>> policy =
        MakeScheduler(options_);
    if (!policy.ok()) return policy.status();
    const int64_t tick_ns = TickNs(options_, **policy);
    view_.Show(nullptr);
    worker_ = nullptr;
    machine_ = std::make_unique<internal::Machine>(options_);
    worker_ = std::make_unique<Worker>(
        Worker::Config{.machine = machine_.get(),
                       .policy = *std::move(policy),
                       .tick_ns = tick_ns,
                       .own_tls = features_.own_tls,
                       .trace_capacity = trace->capacity()});

    if (absl::Status status = signals::InstallHandler(options_.signal);
        !status.ok()) {
      return status;
    }
    absl::Cleanup remove_handler = [] { signals::RemoveHandler(); };
    if (absl::Status status = signals::InstallFaultHandler(&CurrentStack);
        !status.ok()) {
      return status;
    }
    absl::Cleanup remove_fault = [] { signals::RemoveFaultHandler(); };
    if (options_.dump_signal != 0) {
      if (absl::Status status =
              internal::InstallDumpHandler(options_.dump_signal);
          !status.ok()) {
        return status;
      }
    }
    absl::Cleanup remove_dump = [] { internal::RemoveDumpHandler(); };
    sched::SetCurrentHostResolver(&CurrentHostOfWorker);

    // The exception that left `fn`.
    std::exception_ptr exception;
    // The fork generation of the process in which `fn` ended.
    std::optional<uint32_t> main_ended_in;
    const auto main = [&] {
      absl::Cleanup ended = [&] { main_ended_in = internal::ForkGeneration(); };
      try {
        fn();
      } catch (abi::__forced_unwind&) {
        throw;  // pthread_exit
      } catch (...) {
        exception = std::current_exception();
      }
    };
    using Main = internal::Closure<decltype(main)&>;
    absl::Cleanup not_current = [] { internal::current_run.Show(nullptr); };
    const absl::Status status = worker_->Run([&]() -> absl::Status {
      view_.Show(machine_.get());
      internal::current_run.Show(machine_.get());
      Main::References source(main);
      absl::StatusOr<internal::Completion*> completion =
          worker_->Spawn({.name = "main"}, options_.main_stack_size,
                         internal::kClosureOps<Main>, &source);
      if (!completion.ok()) return completion.status();
      // No handle joins main: the run itself waits for it.
      (*completion)->orphaned = true;
      return absl::OkStatus();
    });
    const absl::Status written = trace->Write(*worker_);
    if (!written.ok() && (!status.ok() || exception != nullptr)) {
      fprintf(stderr, "jiffy: %s\n", written.ToString().c_str());
    }
    if (!status.ok()) return status;
    if (machine_->fork.happened &&
        main_ended_in != internal::ForkGeneration()) {
      return ChildWithoutMain(machine_->fork);
    }
    if (exception != nullptr) std::rethrow_exception(exception);
    return written;
  }

  const Features& features() const { return features_; }
  RuntimeStats Stats() const { return view_.Stats(); }
  SwitchTrace TakeTrace() {
    if (worker_ == nullptr) return {};
    SwitchTrace trace = internal::SwitchesOf(worker_->tracer().Read(),
                                             machine_->Stats().switches);
    worker_->tracer().Forget();
    return trace;
  }

 private:
  RuntimeOptions options_;
  Features features_;
  std::unique_ptr<internal::Machine> machine_;
  std::unique_ptr<Worker> worker_;
  // Of machine_, once it is up.
  internal::MachineView view_;
};

Runtime::Runtime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&&) noexcept = default;
Runtime::~Runtime() = default;

absl::StatusOr<Runtime> Runtime::Create(RuntimeOptions options) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  if (absl::Status status = internal::CheckProgram(options.preempt);
      !status.ok()) {
    return status;
  }
  // Creates a policy to see whether it can; each run creates its own.
  if (absl::StatusOr<std::unique_ptr<sched::Scheduler>> policy =
          MakeScheduler(options);
      !policy.ok()) {
    return policy.status();
  }
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->FindFeatures();
  return Runtime(std::move(impl));
}

absl::Status Runtime::Run(absl::FunctionRef<void()> fn) {
  return impl_->Run(fn);
}

bool Runtime::Dump(int fd) { return internal::Dump(fd); }

const Features& Runtime::features() const { return impl_->features(); }

RuntimeStats Runtime::Stats() const { return impl_->Stats(); }

SwitchTrace Runtime::TakeTrace() { return impl_->TakeTrace(); }

RuntimeStats CurrentStats() { return internal::current_run.Stats(); }

const char* Version() { return kVersion; }

absl::Status Run(const RuntimeOptions& options, absl::FunctionRef<void()> fn) {
  absl::StatusOr<Runtime> runtime = Runtime::Create(options);
  if (!runtime.ok()) return runtime.status();
  return runtime->Run(fn);
}

}  // namespace jiffy
