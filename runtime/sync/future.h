// jiffy::Future, SharedFuture, Promise and Async: as in the standard library,
// but their waits park the green thread.
//
//   jiffy::Future<int> answer = jiffy::Async([] { return 42; });
//   int a = answer.get();
//
// A future's destructor does not wait, unlike that of std::async's future: the
// thread continues, and the run waits for it.
#ifndef JIFFY_RUNTIME_SYNC_FUTURE_H_
#define JIFFY_RUNTIME_SYNC_FUTURE_H_

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "runtime/thread.h"

namespace jiffy {

template <typename T>
class Future;
template <typename T>
class SharedFuture;

namespace internal {

// In future.cc, since programs without exceptions (-fno-exceptions) include
// this header: nothing here may throw or catch.
[[noreturn]] void ThrowFutureError(std::future_errc code);
std::exception_ptr BrokenPromise();
// Returns the exception that left `f`, or nullptr. Lets pthread_exit through.
std::exception_ptr CallAndCatch(absl::FunctionRef<void()> f);

// The event inside a future: set once, by the caller whose Claim succeeded.
class FutureEvent {
 public:
  FutureEvent() = default;
  FutureEvent(const FutureEvent&) = delete;
  FutureEvent& operator=(const FutureEvent&) = delete;

  // Returns whether the caller is the one that may set the event.
  bool Claim();
  // Takes the claim back.
  void Unclaim();
  void Set();
  template <typename Due>
  WaitResult WaitUntil(Due due, const std::stop_token& stop) {
    return TakeOrWait(lock_, waiters_, WaitKind::kFuture, this, stop, due,
                      [this] { return set_; });
  }

 private:
  BiasedLock lock_;
  bool claimed_ = false;
  bool set_ = false;
  WaitList waiters_;
};

// State that a promise and its futures share. The promise writes the value or
// the exception before it sets `ready`; futures read them after that.
template <typename T>
struct FutureState {
  // References are stored as pointers, void as a bool.
  using Stored =
      std::conditional_t<std::is_void_v<T>, bool,
                         std::conditional_t<std::is_reference_v<T>,
                                            std::remove_reference_t<T>*, T>>;

  WaitResult Wait(const WaitOptions& options) {
    return ready.WaitUntil([&] { return DueAfter(options.timeout); },
                           options.stop);
  }
  Stored& Get() {
    Wait({});
    if (exception != nullptr) std::rethrow_exception(exception);
    return *value;
  }

  FutureEvent ready;
  std::optional<Stored> value;
  std::exception_ptr exception;
};

// Common base of Future and SharedFuture.
template <typename T>
class FutureBase {
 public:
  bool valid() const noexcept { return state_ != nullptr; }

  // Wait for the result. Throw std::future_error (no_state) if not valid().
  // Context: green thread or OS thread. Switch: if they have to wait.
  void wait() const { State().Wait({}); }
  template <typename Rep, typename Period>
  std::future_status wait_for(
      const std::chrono::duration<Rep, Period>& timeout) const {
    return Status(
        State().ready.WaitUntil([&] { return DueAfter(timeout); }, {}));
  }
  std::future_status wait_for(absl::Duration timeout) const {
    return Status(State().Wait({.timeout = timeout}));
  }
  template <typename Clock, typename Duration>
  std::future_status wait_until(
      const std::chrono::time_point<Clock, Duration>& time) const {
    return Status(State().ready.WaitUntil([&] { return DueAt(time); }, {}));
  }
  WaitResult Wait(const WaitOptions& options) const {
    return State().Wait(options);
  }

 protected:
  static std::future_status Status(WaitResult result) {
    return result == WaitResult::kReady ? std::future_status::ready
                                        : std::future_status::timeout;
  }

  FutureBase() = default;
  explicit FutureBase(std::shared_ptr<FutureState<T>> state)
      : state_(std::move(state)) {}

  FutureState<T>& State() const {
    if (state_ == nullptr) {
      internal::ThrowFutureError(std::future_errc::no_state);
    }
    return *state_;
  }

  std::shared_ptr<FutureState<T>> state_;
};

}  // namespace internal

template <typename T>
class Future : public internal::FutureBase<T> {
 public:
  Future() = default;
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;

  // Waits for the result and takes it; rethrows the exception if there is one
  // instead. Afterwards the future is not valid.
  T get() {
    this->State();
    const std::shared_ptr<internal::FutureState<T>> state =
        std::move(this->state_);
    if constexpr (std::is_void_v<T>) {
      state->Get();
    } else if constexpr (std::is_reference_v<T>) {
      return *state->Get();
    } else {
      return std::move(state->Get());
    }
  }

  SharedFuture<T> share() { return SharedFuture<T>(std::move(*this)); }

 private:
  template <typename>
  friend class Promise;
  template <typename>
  friend class SharedFuture;
  using internal::FutureBase<T>::FutureBase;
};

// A future that can be copied, and read any number of times.
template <typename T>
class SharedFuture : public internal::FutureBase<T> {
 public:
  SharedFuture() = default;
  SharedFuture(Future<T>&& future) noexcept  // NOLINT: implicit, as std's.
      : internal::FutureBase<T>(std::move(future.state_)) {}

  std::conditional_t<std::is_void_v<T>, void,
                     std::add_lvalue_reference_t<const T>>
  get() const {
    if constexpr (std::is_void_v<T>) {
      this->State().Get();
    } else if constexpr (std::is_reference_v<T>) {
      return *this->State().Get();
    } else {
      return this->State().Get();
    }
  }
};

// Gives a future its result. Context: green thread or OS thread.
template <typename T>
class Promise {
 public:
  Promise() : state_(std::make_shared<internal::FutureState<T>>()) {}
  // If nothing was set, breaks the promise: std::future_error (broken_promise).
  ~Promise() { Abandon(); }
  Promise(Promise&& other) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    if (this != &other) {
      Abandon();
      state_ = std::move(other.state_);
      retrieved_ = other.retrieved_;
    }
    return *this;
  }

  // Throws std::future_error (future_already_retrieved, no_state).
  Future<T> get_future() {
    State();
    if (retrieved_) {
      internal::ThrowFutureError(std::future_errc::future_already_retrieved);
    }
    retrieved_ = true;
    return Future<T>(state_);
  }

  // Set the result and wake all waiting threads. Throw std::future_error
  // (promise_already_satisfied, no_state). Switch: if the policy prefers a
  // woken thread.
  void set_value() requires std::is_void_v<T> {
    Settle([](auto& state) { state.value.emplace(true); });
  }
  template <typename U>
  requires(!std::is_void_v<T>) void set_value(U&& value) {
    Settle([&](auto& state) {
      if constexpr (std::is_reference_v<T>) {
        state.value.emplace(&value);
      } else {
        state.value.emplace(std::forward<U>(value));
      }
    });
  }
  void set_exception(std::exception_ptr exception) {
    Settle([&](auto& state) { state.exception = std::move(exception); });
  }

 private:
  internal::FutureState<T>& State() {
    if (state_ == nullptr) {
      internal::ThrowFutureError(std::future_errc::no_state);
    }
    return *state_;
  }

  template <typename Write>
  void Settle(Write write) {
    internal::FutureState<T>& state = State();
    if (!state.ready.Claim()) {
      internal::ThrowFutureError(std::future_errc::promise_already_satisfied);
    }
    {
      struct Undo {
        ~Undo() {
          if (!written) ready.Unclaim();
        }
        internal::FutureEvent& ready;
        bool written = false;
      } undo{.ready = state.ready};
      write(state);
      undo.written = true;
    }
    // Woken threads may drop the futures at once, and with them the last other
    // reference to the state.
    const std::shared_ptr<internal::FutureState<T>> keep = state_;
    state.ready.Set();
  }

  void Abandon() {
    if (state_ == nullptr || !state_->ready.Claim()) return;
    state_->exception = internal::BrokenPromise();
    state_->ready.Set();
  }

  std::shared_ptr<internal::FutureState<T>> state_;
  bool retrieved_ = false;
};

// Calls `f` with the arguments in a new green thread and returns the future of
// its result. Throws std::system_error where Thread::Spawn returns an error.
// Context: green thread.
template <typename F, typename... Args>
requires(!std::is_same_v<std::remove_cvref_t<F>, ThreadOptions>)
    [[nodiscard]] auto Async(F&& f, Args&&... args) {
  return Async(ThreadOptions(), std::forward<F>(f),
               std::forward<Args>(args)...);
}

template <typename F, typename... Args>
[[nodiscard]] auto Async(const ThreadOptions& options, F&& f, Args&&... args) {
  using T = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  Promise<T> promise;
  Future<T> future = promise.get_future();
  Thread thread(options, [promise = std::move(promise),
                          call = std::decay_t<F>(std::forward<F>(f)),
                          values = std::tuple<std::decay_t<Args>...>(
                              std::forward<Args>(args)...)]() mutable {
    std::exception_ptr exception = internal::CallAndCatch([&] {
      if constexpr (std::is_void_v<T>) {
        std::apply(std::move(call), std::move(values));
        promise.set_value();
      } else {
        promise.set_value(std::apply(std::move(call), std::move(values)));
      }
    });
    if (exception != nullptr) promise.set_exception(std::move(exception));
  });
  thread.Detach().IgnoreError();
  return future;
}

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_FUTURE_H_
