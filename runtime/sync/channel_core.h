// What a channel is, whatever it carries.
//
// Values are moved with preemption on and no lock held, as moving may run code
// of the program's. So each operation has two steps: under the lock it is
// granted something, a node of the buffer or a waiting partner, that is then
// its alone; without the lock it moves the value.
#ifndef JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_
#define JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_

#include <cstddef>
#include <cstdint>

#include "runtime/core/biased_lock.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait_options.h"

namespace jiffy::internal {

// A place in the buffer; the value follows it.
struct ChannelNode {
  ChannelNode* next = nullptr;
};

struct ChannelGrant {
  enum Kind : uint32_t {
    kNone,  // It would have to wait.
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

  // First steps, which wait for what is granted, as the options say; nothing
  // is if the result is not kReady. `value` is what to send, or where to
  // receive to. Switch: if they have to wait.
  ChannelGrant Send(void* value, const WaitOptions& options,
                    WaitResult* result);
  ChannelGrant Receive(void* value, const WaitOptions& options,
                       WaitResult* result);

  // First steps, if nothing need be waited for. Context: lock held.
  ChannelGrant TrySend();
  ChannelGrant TryReceive();
  void EnqueueSender(Waiter* waiter) { senders_.PushBack(waiter, lock_); }
  void EnqueueReceiver(Waiter* waiter) { receivers_.PushBack(waiter, lock_); }
  // What a waiter was granted that has been woken.
  static ChannelGrant GrantOf(const Waiter& waiter);

  // Last steps. Context: no lock held.
  // Wakes a partner whose value was moved.
  static void CompletePeer(Waiter* peer);
  // Gives the node that the caller has filled to the receivers.
  void Commit(ChannelNode* node);
  // Gives a node back that could not be filled.
  void Withdraw();
  // Takes an emptied node back, or not:
  enum class Recycled {
    kKept,
    // An unbounded channel keeps few. The caller deletes the node.
    kSpare,
    // A sender waits. The caller moves its value, the one at the payload of
    // `sender`, into the node, commits that and completes the sender.
    kRefill,
  };
  Recycled Recycle(ChannelNode* node, Waiter** sender);

  // Returns whether it was open.
  bool Close();
  bool closed() const;
  size_t size() const;

  // For construction and destruction: all nodes that nobody uses.
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
  // Nodes that senders fill at the moment, and full ones.
  size_t in_flight_ = 0;
  size_t size_ = 0;
  ChannelNode* first_ = nullptr;
  ChannelNode* last_ = nullptr;
  // Bounded: all nodes that are empty; none while senders wait. Unbounded:
  // some, for the next senders.
  ChannelNode* free_ = nullptr;
  size_t free_count_ = 0;
  WaitList senders_;
  WaitList receivers_;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_SYNC_CHANNEL_CORE_H_
