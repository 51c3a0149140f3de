// The part of a channel that does not depend on the type of its values.
//
// Moving a value may run the program's code, so it happens with preemption on
// and no lock held. Each operation therefore has two steps. Under the lock, it
// is granted a node of the buffer or a waiting partner, which then belongs to
// it alone. Without the lock, it moves the value.
#ifndef JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_
#define JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_

#include <cstddef>
#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy::internal {

// A place in the buffer; the value is stored behind it.
struct ChannelNode {
  ChannelNode* next = nullptr;
};

struct ChannelGrant {
  enum Kind : uint32_t {
    kNone,  // The operation would have to wait.
    kPeer,  // A partner waits: its value, or place for one, is at `payload`.
    kNode,  // A node: empty for senders (nullptr: a new one), full for others.
    kDone,  // A partner has moved the value already.
    kClosed,  // The channel is closed, and for receivers empty.
  };
  Kind kind = kNone;
  // Two words, so that functions return it in registers.
  union {
    Waiter* peer = nullptr;  // If kPeer.
    ChannelNode* node;       // If kNode.
  };
};

class ChannelCore {
 public:
  static constexpr size_t kUnbounded = SIZE_MAX;

  explicit ChannelCore(size_t capacity) : capacity_(capacity) {}
  ~ChannelCore();
  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;

  BiasedLock& lock() { return lock_; }

  // First steps: wait for a grant as the options say. Nothing is granted unless
  // the result is kReady. `value` is the value to send, or where to store the
  // received one. Switch: if they have to wait.
  ChannelGrant Send(void* value, const WaitOptions& options,
                    WaitResult* result);
  ChannelGrant Receive(void* value, const WaitOptions& options,
                       WaitResult* result);

  // First steps that never wait. Context: lock held.
  ChannelGrant TrySend();
  ChannelGrant TryReceive();
  void EnqueueSender(Waiter* waiter) { senders_.PushBack(waiter, lock_); }
  void EnqueueReceiver(Waiter* waiter) { receivers_.PushBack(waiter, lock_); }
  // Returns the grant of a waiter that has been woken.
  static ChannelGrant GrantOf(const Waiter& waiter);

  // Last steps. Context: no lock held.
  // Wakes a partner whose value was moved.
  static void CompletePeer(Waiter* peer);
  // Passes the node that the caller has filled on to the receivers.
  void Commit(ChannelNode* node);
  // Gives up a node that could not be filled.
  void Withdraw();
  // Takes an emptied node back, or tells the caller what to do with it:
  enum class Recycled {
    kKept,
    // An unbounded channel keeps few nodes. The caller deletes this one.
    kSpare,
    // A sender waits. The caller moves the value at the payload of `sender`
    // into the node, commits the node and completes the sender.
    kRefill,
  };
  Recycled Recycle(ChannelNode* node, Waiter** sender);

  // Returns whether the channel was open.
  bool Close();
  bool closed() const;
  size_t size() const;

  // For construction and destruction: the list of unused nodes.
  void AddFree(ChannelNode* node) {
    node->next = free_;
    free_ = node;
  }
  ChannelNode* TakeFree() {
    ChannelNode* node = free_;
    if (node != nullptr) free_ = node->next;
    return node;
  }

 private:
  ChannelGrant Await(WaitKind kind, void* value, const WaitOptions& options,
                     WaitResult* result);
  void WakeAllIfDrained(WakeList& woken);

  mutable BiasedLock lock_;
  bool closed_ = false;
  const size_t capacity_;
  // Nodes that senders are filling, and full nodes.
  size_t in_flight_ = 0;
  size_t size_ = 0;
  ChannelNode* first_ = nullptr;
  ChannelNode* last_ = nullptr;
  // Empty nodes. Bounded: all of them; none while senders wait. Unbounded:
  // some, for the next senders.
  ChannelNode* free_ = nullptr;
  size_t free_count_ = 0;
  WaitList senders_;
  WaitList receivers_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_
