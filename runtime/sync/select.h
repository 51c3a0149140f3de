// Select: waits for the first of several things, as Go's select.
//
//   jiffy::Select(
//       jiffy::OnReceive(requests, [&](std::optional<Request> r) { ... }),
//       jiffy::OnSend(results, result, [&](absl::Status sent) { ... }),
//       jiffy::OnTimer(flush, [&] { ... }),
//       jiffy::OnTimeout(absl::Seconds(1), [&] { ... }),
//       jiffy::OnStop(stop, [&] { ... }));
//
// Exactly one case happens. Its function is called after the wait, with no lock
// held. If several cases could happen, one of them is chosen at random. With
// OnDefault, Select does not wait.
#ifndef JIFFY_RUNTIME_SYNC_SELECT_H_
#define JIFFY_RUNTIME_SYNC_SELECT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/channel.h"
#include "runtime/sync/timer.h"

namespace jiffy {

namespace internal {

// One case. Each function states its context.
class SelectCase {
 public:
  enum class Kind { kObject, kTimeout, kStop, kDefault };

  explicit SelectCase(Kind kind) : kind_(kind) {}
  virtual ~SelectCase() = default;
  SelectCase(SelectCase&&) = default;

  Kind kind() const { return kind_; }
  // kObject: the object's lock.
  virtual BiasedLock* lock() { return nullptr; }
  // Lock held: returns whether the case can happen at once; then it has the
  // grant.
  virtual bool Try() { return false; }
  // Lock held: queues up in the object.
  virtual void Enqueue(Waiter*) {}
  // No lock held: takes the grant from the waiter that was woken.
  virtual void TakeGrant(const Waiter&) {}
  // No lock held: completes the case and calls the function.
  virtual void Finish() = 0;

  virtual absl::Duration timeout() const { return absl::InfiniteDuration(); }
  virtual std::stop_token stop() const { return {}; }

 private:
  Kind kind_;
};

template <typename T, typename F>
class ReceiveCase final : public SelectCase {
 public:
  ReceiveCase(Channel<T>* channel, F f)
      : SelectCase(Kind::kObject), channel_(channel), f_(std::move(f)) {}
  BiasedLock* lock() override {
    return channel_ == nullptr ? nullptr : &channel_->core_.lock();
  }
  bool Try() override {
    if (channel_ == nullptr) return false;
    grant_ = channel_->core_.TryReceive();
    return grant_.kind != ChannelGrant::kNone;
  }
  void Enqueue(Waiter* waiter) override {
    waiter->payload = &value_;
    channel_->core_.EnqueueReceiver(waiter);
  }
  void TakeGrant(const Waiter& waiter) override {
    grant_ = ChannelCore::GrantOf(waiter);
  }
  void Finish() override {
    channel_->FinishReceive(grant_, value_);
    std::invoke(f_, std::move(value_));
  }

 private:
  Channel<T>* channel_;
  F f_;
  std::optional<T> value_;
  ChannelGrant grant_;
};

template <typename T, typename F>
class SendCase final : public SelectCase {
 public:
  SendCase(Channel<T>* channel, T value, F f)
      : SelectCase(Kind::kObject),
        channel_(channel),
        value_(std::move(value)),
        f_(std::move(f)) {}
  BiasedLock* lock() override {
    return channel_ == nullptr ? nullptr : &channel_->core_.lock();
  }
  bool Try() override {
    if (channel_ == nullptr) return false;
    grant_ = channel_->core_.TrySend();
    return grant_.kind != ChannelGrant::kNone;
  }
  void Enqueue(Waiter* waiter) override {
    waiter->payload = &value_;
    channel_->core_.EnqueueSender(waiter);
  }
  void TakeGrant(const Waiter& waiter) override {
    grant_ = ChannelCore::GrantOf(waiter);
  }
  void Finish() override {
    const bool sent = channel_->FinishSend(grant_, value_);
    std::invoke(f_, sent ? absl::OkStatus() : SendError(WaitResult::kReady));
  }

 private:
  Channel<T>* channel_;
  T value_;
  F f_;
  ChannelGrant grant_;
};

class TimerCase : public SelectCase {
 public:
  explicit TimerCase(Timer& timer)
      : SelectCase(Kind::kObject), alarm_(timer.alarm_) {}
  BiasedLock* lock() override { return &alarm_.lock; }
  bool Try() override { return alarm_.expired; }
  void Enqueue(Waiter* waiter) override {
    alarm_.waiters.PushBack(waiter, alarm_.lock);
  }

 private:
  Alarm& alarm_;
};

// A case that consists of its function and one of the bases above.
template <typename Base, typename F>
class CallCase final : public Base {
 public:
  template <typename... Args>
  explicit CallCase(F f, Args&&... args)
      : Base(std::forward<Args>(args)...), f_(std::move(f)) {}
  void Finish() override { std::invoke(f_); }

 private:
  F f_;
};

class TimeoutCase : public SelectCase {
 public:
  explicit TimeoutCase(absl::Duration timeout)
      : SelectCase(Kind::kTimeout), timeout_(timeout) {}
  absl::Duration timeout() const override { return timeout_; }

 private:
  absl::Duration timeout_;
};

class StopCase : public SelectCase {
 public:
  explicit StopCase(std::stop_token stop)
      : SelectCase(Kind::kStop), stop_(std::move(stop)) {}
  bool Try() override { return stop_.stop_requested(); }
  std::stop_token stop() const override { return stop_; }

 private:
  std::stop_token stop_;
};

class DefaultCase : public SelectCase {
 public:
  DefaultCase() : SelectCase(Kind::kDefault) {}
};

// Waits for one of the cases, finishes it, and returns its index.
int RunSelect(absl::Span<SelectCase* const> cases);

}  // namespace internal

// The channel delivers a value, or is closed and empty: f(std::optional<T>).
// With a null pointer the case never happens; a loop can so leave out a closed
// channel.
template <typename T, typename F>
internal::ReceiveCase<T, F> OnReceive(Channel<T>& channel, F f) {
  return {&channel, std::move(f)};
}
template <typename T, typename F>
internal::ReceiveCase<T, F> OnReceive(Channel<T>* channel, F f) {
  return {channel, std::move(f)};
}

// The channel takes the value: f(absl::Status); FailedPrecondition if it is
// closed. If another case happens, the value is destroyed with this case. With
// a null pointer the case never happens.
template <typename T, typename U, typename F>
internal::SendCase<T, F> OnSend(Channel<T>& channel, U&& value, F f) {
  return {&channel, T(std::forward<U>(value)), std::move(f)};
}
template <typename T, typename U, typename F>
internal::SendCase<T, F> OnSend(Channel<T>* channel, U&& value, F f) {
  return {channel, T(std::forward<U>(value)), std::move(f)};
}

// The timer has gone off: f().
template <typename F>
internal::CallCase<internal::TimerCase, F> OnTimer(Timer& timer, F f) {
  return internal::CallCase<internal::TimerCase, F>(std::move(f), timer);
}

// No other case happened for that long, by the steady clock: f().
template <typename F>
internal::CallCase<internal::TimeoutCase, F> OnTimeout(absl::Duration timeout,
                                                       F f) {
  return internal::CallCase<internal::TimeoutCase, F>(std::move(f), timeout);
}

// A stop is requested: f().
template <typename F>
internal::CallCase<internal::StopCase, F> OnStop(std::stop_token stop, F f) {
  return internal::CallCase<internal::StopCase, F>(std::move(f),
                                                   std::move(stop));
}

// No other case can happen without waiting: f().
template <typename F>
internal::CallCase<internal::DefaultCase, F> OnDefault(F f) {
  return internal::CallCase<internal::DefaultCase, F>(std::move(f));
}

// Waits for one of the cases, calls its function, and returns the case's
// position. Without any case, waits for ever, as Go's select does.
// Context: green thread or OS thread. Switches: if it has to wait.
template <typename... Cases>
int Select(Cases&&... cases) {
  internal::SelectCase* const list[] = {&cases..., nullptr};
  return internal::RunSelect(absl::MakeConstSpan(list, sizeof...(Cases)));
}

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_SELECT_H_
