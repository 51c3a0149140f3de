// Green threads: spawned, joined and stopped like std::jthread, preempted by
// the timer without their knowledge.
//
//   jiffy::Run({.scheduler = "rr"}, [] {
//     jiffy::Thread sum([](int n) { ... }, 42);   // runs beside us
//     sum.Join().IgnoreError();
//   });
//
// A green thread is a thread to libc too: it has its own errno, thread_local
// objects, locale, malloc cache and exception state. Code need not know about
// preemption: any of it may be preempted at any instruction.
//
// Not promised: std::this_thread::get_id() and pthread_self() tell green
// threads apart, but kernel facilities that want a kernel thread (pthread_kill,
// affinity, per-thread CPU clocks) do not know them. Where threads share TLS
// (Runtime::features), thread_local objects are shared too.
#ifndef JIFFY_RUNTIME_THREAD_H_
#define JIFFY_RUNTIME_THREAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/closure.h"
#include "runtime/options.h"
#include "runtime/stats.h"
#include "signals/preempt.h"

namespace jiffy {

class Thread;

namespace internal {

struct Completion;

// A callable and its arguments, stored until the thread calls it.
template <typename F, typename... Args>
class Closure {
 public:
  static constexpr bool kWantsStop =
      std::is_invocable_v<std::decay_t<F>, std::stop_token,
                          std::decay_t<Args>...>;
  static_assert(kWantsStop ||
                    std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>,
                "jiffy::Thread: the callable does not take these arguments");

  using References = std::tuple<F&&, Args&&...>;

  static void Construct(void* memory, void* source) {
    new (memory) Closure(std::move(*static_cast<References*>(source)));
  }
  static void Run(void* memory);
  static void Destroy(void* memory) {
    std::destroy_at(static_cast<Closure*>(memory));
  }

 private:
  explicit Closure(References&& source) : call_(std::move(source)) {}

  std::tuple<std::decay_t<F>, std::decay_t<Args>...> call_;
};

// Options of a thread that was given none. A single object, so that
// Worker::Spawn recognises it by its address and need not read it.
extern const ThreadOptions kDefaultThreadOptions;

absl::StatusOr<Completion*> SpawnThread(const ThreadOptions& options,
                                        const ClosureOps& ops, void* source);
std::stop_token CurrentStopToken();
[[noreturn]] void ThrowSpawnError(const absl::Status& status);

}  // namespace internal

// A handle to a green thread: joins on destruction, moves, does not copy.
// Handles are not synchronised: one user at a time, as with std::jthread.
class Thread {
 public:
  // A handle to no thread.
  Thread() noexcept = default;

  // Starts a thread that calls `f` with the arguments, which are moved or
  // copied into it. If `f` accepts a std::stop_token as its first argument, it
  // gets the thread's. Throws std::system_error where Spawn would return an
  // error.
  // Context: green thread. Switches: if options.child_runs_first; else no, but
  // the policy may preempt the caller.
  template <typename F, typename... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Thread> &&
           !std::is_same_v<std::remove_cvref_t<F>,
                           ThreadOptions>) explicit Thread(F&& f,
                                                           Args&&... args)
      : Thread(internal::kDefaultThreadOptions, std::forward<F>(f),
               std::forward<Args>(args)...) {}
  template <typename F, typename... Args>
  explicit Thread(const ThreadOptions& options, F&& f, Args&&... args);

  // Does the same without exceptions. Errors: FailedPrecondition outside of a
  // run; InvalidArgument names an option, its value and what is allowed;
  // ResourceExhausted if memory runs out or the policy has no room for more
  // threads.
  template <typename F, typename... Args>
  static absl::StatusOr<Thread> Spawn(const ThreadOptions& options, F&& f,
                                      Args&&... args);

  Thread(Thread&& other) noexcept
      : completion_(std::exchange(other.completion_, nullptr)) {}
  // First stops and joins the thread that the handle held, as the destructor
  // does.
  Thread& operator=(Thread&& other) noexcept;

  // If joinable: requests stop and joins. If an exception ended the thread,
  // reports it on standard error, with the thread's name.
  ~Thread();

  // Whether there is a thread to join or detach.
  bool Joinable() const { return completion_ != nullptr; }

  // Waits until the thread ends, then empties the handle. Rethrows the
  // exception that left the thread's callable.
  // Context: green thread or OS thread. Switches: yes. Errors:
  // FailedPrecondition if there is no thread (already joined), if it is the
  // caller itself, or if another thread joins it; Aborted if the run ended
  // before the thread did, or if this process is the child of another thread's
  // fork.
  absl::Status Join();

  // Lets the thread run on its own, and empties the handle. A run still waits
  // for detached threads. Context: green thread; anywhere once the thread has
  // ended. Errors: FailedPrecondition if there is no thread, or if an OS thread
  // calls this while the thread runs.
  absl::Status Detach();

  // Asks the thread to stop, through its stop token. Returns whether this was
  // the first request. Does nothing if the callable takes no stop token.
  bool RequestStop();
  std::stop_source GetStopSource() const;

  // Returns the thread's number in its run, from 1; 0 if there is none.
  uint64_t Id() const;
  // Returns the thread's metrics so far. Context: green thread; anywhere once
  // the thread has ended.
  ThreadStats Stats() const;

 private:
  explicit Thread(internal::Completion* completion) : completion_(completion) {}

  // Waits for the thread's end; then the caller owns what `completion_` points
  // to. Errors: as Join.
  absl::Status Wait();

  internal::Completion* completion_ = nullptr;
};

// The calling green thread. Outside of green threads, Yield and SleepFor act as
// those of std::this_thread, Id returns 0, and Name returns an empty string.
namespace this_thread {

// Lets other threads run if the policy prefers them. No system call, no lock.
// Switches: if the policy chooses another thread.
void Yield();

// Waits for at least `duration` of the steady clock; a negative one is zero.
// The thread becomes runnable with the precision of a kernel timer, then waits
// for its turn. Switches: yes.
void SleepFor(absl::Duration duration);

uint64_t Id();
std::string Name();

// Returns the thread's stop token; if its callable takes none, a token that can
// never be stopped.
std::stop_token StopToken();

}  // namespace this_thread

// Keeps the calling thread from being preempted while in scope; scopes nest. A
// tick that comes meanwhile takes effect when the outermost scope ends. The
// thread may still yield or wait. If it has to wait inside libc for a lock
// whose holder was preempted, other threads run.
class NoPreempt {
 public:
  NoPreempt() {
    signals::PreemptDisable();
    if (signals::TaskHead* task = signals::task_frame.head.current) {
      task->user_guards = task->user_guards + 1;
    }
    signals::BeginExclusive();
  }
  ~NoPreempt() {
    signals::EndExclusive();
    if (signals::TaskHead* task = signals::task_frame.head.current) {
      task->user_guards = task->user_guards - 1;
    }
    signals::PreemptEnable();
  }
  NoPreempt(const NoPreempt&) = delete;
  NoPreempt& operator=(const NoPreempt&) = delete;
};

// ---------------------------------------------------------------------------
// Implementation.

namespace internal {

template <typename F, typename... Args>
void Closure<F, Args...>::Run(void* memory) {
  // Destroyed before the thread's thread_local objects are.
  struct Destroyer {
    void operator()(Closure* closure) const { std::destroy_at(closure); }
  };
  std::unique_ptr<Closure, Destroyer> closure(static_cast<Closure*>(memory));
  std::apply(
      [](auto&& f, auto&&... args) {
        if constexpr (kWantsStop) {
          std::invoke(std::forward<decltype(f)>(f), CurrentStopToken(),
                      std::forward<decltype(args)>(args)...);
        } else {
          std::invoke(std::forward<decltype(f)>(f),
                      std::forward<decltype(args)>(args)...);
        }
      },
      std::move(closure->call_));
}

template <typename Type>
inline constexpr ClosureOps kClosureOps = {
    sizeof(Type), alignof(Type),  &Type::Construct,
    &Type::Run,   &Type::Destroy, Type::kWantsStop,
};

template <typename F, typename... Args>
absl::StatusOr<Completion*> SpawnClosure(const ThreadOptions& options, F&& f,
                                         Args&&... args) {
  using Type = Closure<F, Args...>;
  typename Type::References references(std::forward<F>(f),
                                       std::forward<Args>(args)...);
  return SpawnThread(options, kClosureOps<Type>, &references);
}

}  // namespace internal

template <typename F, typename... Args>
Thread::Thread(const ThreadOptions& options, F&& f, Args&&... args) {
  absl::StatusOr<internal::Completion*> completion = internal::SpawnClosure(
      options, std::forward<F>(f), std::forward<Args>(args)...);
  if (!completion.ok()) internal::ThrowSpawnError(completion.status());
  completion_ = *completion;
}

template <typename F, typename... Args>
absl::StatusOr<Thread> Thread::Spawn(const ThreadOptions& options, F&& f,
                                     Args&&... args) {
  absl::StatusOr<internal::Completion*> completion = internal::SpawnClosure(
      options, std::forward<F>(f), std::forward<Args>(args)...);
  if (!completion.ok()) return completion.status();
  return Thread(*completion);
}

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_THREAD_H_
