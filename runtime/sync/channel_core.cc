#include "runtime/sync/channel_core.h"

#include <cstddef>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// Empty nodes that an unbounded channel keeps, at most.
constexpr size_t kMostSpareNodes = 64;

}  // namespace

ChannelCore::~ChannelCore() {
  if (!senders_.empty() || !receivers_.empty()) {
    Misuse("destruction of a Channel", "threads wait for it");
  }
}

ChannelGrant ChannelCore::TrySend() {
  if (closed_) return {.kind = ChannelGrant::kClosed, .peer = nullptr};
  if (Waiter* receiver = receivers_.PopClaimed(); receiver != nullptr) {
    return {.kind = ChannelGrant::kPeer, .peer = receiver};
  }
  if (capacity_ == kUnbounded) {
    in_flight_++;
    ChannelNode* node = TakeFree();
    if (node != nullptr) free_count_--;
    return {.kind = ChannelGrant::kNode, .node = node};
  }
  if (ChannelNode* node = TakeFree(); node != nullptr) {
    in_flight_++;
    return {.kind = ChannelGrant::kNode, .node = node};
  }
  return {};
}

ChannelGrant ChannelCore::TryReceive() {
  if (ChannelNode* node = first_; node != nullptr) {
    first_ = node->next;
    if (first_ == nullptr) last_ = nullptr;
    size_--;
    return {.kind = ChannelGrant::kNode, .node = node};
  }
  if (capacity_ == 0) {
    if (Waiter* sender = senders_.PopClaimed(); sender != nullptr) {
      return {.kind = ChannelGrant::kPeer, .peer = sender};
    }
  }
  if (closed_ && in_flight_ == 0)
    return {.kind = ChannelGrant::kClosed, .peer = nullptr};
  return {};
}

ChannelGrant ChannelCore::Send(void* value, const WaitOptions& options,
                               WaitResult* result) {
  *result = WaitResult::kReady;
  {
    const LockGuard guard(lock_);
    const ChannelGrant grant = TrySend();
    if (grant.kind != ChannelGrant::kNone) return grant;
  }
  return Await(WaitKind::kSend, value, options, result);
}

ChannelGrant ChannelCore::Receive(void* value, const WaitOptions& options,
                                  WaitResult* result) {
  *result = WaitResult::kReady;
  {
    const LockGuard guard(lock_);
    const ChannelGrant grant = TryReceive();
    if (grant.kind != ChannelGrant::kNone) return grant;
  }
  return Await(WaitKind::kReceive, value, options, result);
}

// One function for sends and receives, so that the CPU predicts the returns
// after a switch from one to the other.
ChannelGrant ChannelCore::Await(WaitKind kind, void* value,
                                const WaitOptions& options,
                                WaitResult* result) {
  const bool sends = kind == WaitKind::kSend;
  const int64_t due_ns = DueAfter(options.timeout);
  ChannelGrant grant;
  Wait wait;
  wait.waiter.payload = value;
  UnlessStopped(options.stop, lock_, wait, [&] {
    const signals::PreemptGuard guard;
    lock_.Lock();
    grant = sends ? TrySend() : TryReceive();
    if (grant.kind != ChannelGrant::kNone) {
      lock_.Unlock();
      return;
    }
    *result = WaitInList(lock_, sends ? senders_ : receivers_, wait, kind, this,
                         due_ns);
    if (*result == WaitResult::kReady) grant = GrantOf(wait.waiter);
  });
  return grant;
}

ChannelGrant ChannelCore::GrantOf(const Waiter& waiter) {
  return {.kind = static_cast<ChannelGrant::Kind>(waiter.mark),
          .node = static_cast<ChannelNode*>(waiter.granted)};
}

void ChannelCore::CompletePeer(Waiter* peer) {
  const signals::PreemptGuard guard;
  peer->mark = ChannelGrant::kDone;
  Deliver(peer);
}

void ChannelCore::Commit(ChannelNode* node) {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  in_flight_--;
  if (Waiter* receiver = receivers_.PopClaimed(); receiver != nullptr) {
    receiver->mark = ChannelGrant::kNode;
    receiver->granted = node;
    woken.Add(receiver);
  } else {
    node->next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = node;
    last_ = node;
    size_++;
  }
  WakeAllIfDrained(woken);
  lock_.Unlock();
  woken.DeliverAll();
}

void ChannelCore::Withdraw() {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  in_flight_--;
  WakeAllIfDrained(woken);
  lock_.Unlock();
  woken.DeliverAll();
}

ChannelCore::Recycled ChannelCore::Recycle(ChannelNode* node, Waiter** sender) {
  const LockGuard guard(lock_);
  if (capacity_ == kUnbounded) {
    if (free_count_ == kMostSpareNodes) return Recycled::kSpare;
    free_count_++;
  } else if (*sender = senders_.PopClaimed(); *sender != nullptr) {
    in_flight_++;
    return Recycled::kRefill;
  }
  AddFree(node);
  return Recycled::kKept;
}

bool ChannelCore::Close() {
  const signals::PreemptGuard guard;
  WakeList woken;
  lock_.Lock();
  const bool was_open = !closed_;
  closed_ = true;
  while (Waiter* sender = senders_.PopClaimed()) {
    sender->mark = ChannelGrant::kClosed;
    woken.Add(sender);
  }
  WakeAllIfDrained(woken);
  lock_.Unlock();
  woken.DeliverAll();
  return was_open;
}

// Tells the receivers that no value will come, if the channel is closed and
// empty.
void ChannelCore::WakeAllIfDrained(WakeList& woken) {
  if (!closed_ || in_flight_ != 0 || first_ != nullptr) return;
  while (Waiter* receiver = receivers_.PopClaimed()) {
    receiver->mark = ChannelGrant::kClosed;
    woken.Add(receiver);
  }
}

bool ChannelCore::closed() const {
  const LockGuard guard(lock_);
  return closed_;
}

size_t ChannelCore::size() const {
  const LockGuard guard(lock_);
  return size_;
}

}  // namespace jiffy::internal
