// jiffy::Channel<T>: passes values between threads, as Go's channels do.
//
//   jiffy::Channel<int> numbers(16);
//   jiffy::Thread producer([&] {
//     for (int i = 0; i < 100; ++i) numbers.Send(i).IgnoreError();
//     numbers.Close();
//   });
//   for (int n : numbers) Use(n);
//
// Senders and receivers are served first come, first served. A value is moved
// without a lock; T's move constructor must not throw.
#ifndef JIFFY_RUNTIME_SYNC_CHANNEL_H_
#define JIFFY_RUNTIME_SYNC_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/channel_core.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy {

namespace internal {

// The errors of Send and Receive.
absl::Status SendError(WaitResult result);
absl::Status ReceiveError(WaitResult result);

template <typename T, typename F>
class ReceiveCase;
template <typename T, typename F>
class SendCase;

}  // namespace internal

// Capacity of a channel that is limited by memory only.
inline constexpr size_t kUnbounded = internal::ChannelCore::kUnbounded;

// Context of all members: green thread or OS thread.
template <typename T>
class Channel {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "jiffy::Channel: the move constructor must be noexcept");

 public:
  // Creates a channel that holds `capacity` values before senders wait. With 0,
  // a send waits until a receiver has the value.
  explicit Channel(size_t capacity = 0);
  // No thread may wait in the channel. Values left in it are destroyed.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Sends a value; waits while the channel is full. Switches: if it waits, or
  // the policy prefers the receiver. Errors: FailedPrecondition if the channel
  // is closed, DeadlineExceeded, Cancelled if a stop was requested.
  absl::Status Send(T value) { return SendFrom(value, {}); }
  absl::Status Send(T value, const WaitOptions& options) {
    return SendFrom(value, options);
  }
  // Sends a value if that is possible without waiting; else leaves it untouched
  // and returns false.
  bool TrySend(T&& value);

  // Waits for a value. Returns nullopt once the channel is closed and empty.
  std::optional<T> Receive();
  // Does the same. Errors: OutOfRange if the channel is closed and empty,
  // DeadlineExceeded, Cancelled.
  absl::StatusOr<T> Receive(const WaitOptions& options);
  // Takes a value if there is one, without waiting.
  std::optional<T> TryReceive();

  // Closes the channel: sends fail from now on, but values in it can still be
  // received. Returns false if it was closed already.
  bool Close() { return core_.Close(); }
  bool IsClosed() const { return core_.closed(); }

  // Returns the number of values that are ready to be received.
  size_t Size() const { return core_.size(); }

  // Iterates over the received values, until the channel is closed and empty.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    Iterator() = default;
    explicit Iterator(Channel* channel) : channel_(channel) { ++*this; }
    T& operator*() { return *value_; }
    T* operator->() { return &*value_; }
    Iterator& operator++() {
      value_ = channel_->Receive();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(const Iterator& other) const {
      return value_.has_value() == other.value_.has_value();
    }

   private:
    Channel* channel_ = nullptr;
    std::optional<T> value_;
  };
  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(); }

 private:
  template <typename, typename>
  friend class internal::ReceiveCase;
  template <typename, typename>
  friend class internal::SendCase;
  using Grant = internal::ChannelGrant;

  struct Node : internal::ChannelNode {
    alignas(T) std::byte storage[sizeof(T)];
    T& value() { return *std::launder(reinterpret_cast<T*>(storage)); }
  };

  // Last steps of a send and a receive. Return whether the value was passed on.
  bool FinishSend(const Grant& grant, T& value);
  bool FinishReceive(const Grant& grant, std::optional<T>& value);
  void Recycle(Node* node);
  absl::Status SendFrom(T& value, const WaitOptions& options);
  WaitResult SendOrWait(T& value, const WaitOptions& options, bool* sent);
  WaitResult ReceiveOrWait(std::optional<T>& value, const WaitOptions& options);

  internal::ChannelCore core_;
  std::unique_ptr<Node[]> nodes_;
};

// ---------------------------------------------------------------------------
// Implementation.

template <typename T>
Channel<T>::Channel(size_t capacity) : core_(capacity) {
  if (capacity == kUnbounded) return;
  nodes_ = std::make_unique_for_overwrite<Node[]>(capacity);
  for (size_t i = 0; i < capacity; ++i) core_.AddFree(&nodes_[i]);
}

template <typename T>
Channel<T>::~Channel() {
  while (TryReceive().has_value()) {
  }
  if (nodes_ != nullptr) return;
  while (internal::ChannelNode* node = core_.TakeFree()) {
    delete static_cast<Node*>(node);
  }
}

template <typename T>
bool Channel<T>::FinishSend(const Grant& grant, T& value) {
  switch (grant.kind) {
    case Grant::kPeer:
      static_cast<std::optional<T>*>(grant.peer->payload)
          ->emplace(std::move(value));
      internal::ChannelCore::CompletePeer(grant.peer);
      return true;
    case Grant::kNode: {
      auto* node = static_cast<Node*>(grant.node);
      if (node == nullptr) {
        struct Undo {
          ~Undo() {
            if (!made) core.Withdraw();
          }
          internal::ChannelCore& core;
          bool made = false;
        } undo{.core = core_};
        node = new Node;
        undo.made = true;
      }
      new (node->storage) T(std::move(value));
      core_.Commit(node);
      return true;
    }
    case Grant::kDone:
      return true;
    default:
      return false;
  }
}

template <typename T>
bool Channel<T>::FinishReceive(const Grant& grant, std::optional<T>& value) {
  switch (grant.kind) {
    case Grant::kPeer:
      value.emplace(std::move(*static_cast<T*>(grant.peer->payload)));
      internal::ChannelCore::CompletePeer(grant.peer);
      return true;
    case Grant::kNode: {
      auto* node = static_cast<Node*>(grant.node);
      value.emplace(std::move(node->value()));
      std::destroy_at(&node->value());
      Recycle(node);
      return true;
    }
    case Grant::kDone:
      return true;
    default:
      return false;
  }
}

// The sender that has waited longest is served here rather than when it runs,
// so that values keep the order of their senders.
template <typename T>
void Channel<T>::Recycle(Node* node) {
  internal::Waiter* sender = nullptr;
  switch (core_.Recycle(node, &sender)) {
    case internal::ChannelCore::Recycled::kKept:
      return;
    case internal::ChannelCore::Recycled::kSpare:
      delete node;
      return;
    case internal::ChannelCore::Recycled::kRefill:
      new (node->storage) T(std::move(*static_cast<T*>(sender->payload)));
      core_.Commit(node);
      internal::ChannelCore::CompletePeer(sender);
      return;
  }
}

template <typename T>
WaitResult Channel<T>::SendOrWait(T& value, const WaitOptions& options,
                                  bool* sent) {
  WaitResult result;
  *sent = FinishSend(core_.Send(&value, options, &result), value);
  return result;
}

template <typename T>
WaitResult Channel<T>::ReceiveOrWait(std::optional<T>& value,
                                     const WaitOptions& options) {
  WaitResult result;
  FinishReceive(core_.Receive(&value, options, &result), value);
  return result;
}

template <typename T>
absl::Status Channel<T>::SendFrom(T& value, const WaitOptions& options) {
  bool sent = false;
  const WaitResult result = SendOrWait(value, options, &sent);
  if (sent) return absl::OkStatus();
  return internal::SendError(result);
}

template <typename T>
bool Channel<T>::TrySend(T&& value) {
  Grant grant;
  {
    const internal::LockGuard guard(core_.lock());
    grant = core_.TrySend();
  }
  return FinishSend(grant, value);
}

template <typename T>
std::optional<T> Channel<T>::Receive() {
  std::optional<T> value;
  ReceiveOrWait(value, {});
  return value;
}

template <typename T>
absl::StatusOr<T> Channel<T>::Receive(const WaitOptions& options) {
  std::optional<T> value;
  const WaitResult result = ReceiveOrWait(value, options);
  if (value.has_value()) return *std::move(value);
  return internal::ReceiveError(result);
}

template <typename T>
std::optional<T> Channel<T>::TryReceive() {
  std::optional<T> value;
  Grant grant;
  {
    const internal::LockGuard guard(core_.lock());
    grant = core_.TryReceive();
  }
  FinishReceive(grant, value);
  return value;
}

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_SYNC_CHANNEL_H_
