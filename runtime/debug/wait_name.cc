#include "runtime/debug/wait_name.h"

#include "runtime/core/waiter.h"

namespace jiffy::internal {

const char* WaitObjectName(WaitKind kind) {
  switch (kind) {
    case WaitKind::kJoin:
      return "the end of a thread";
    case WaitKind::kSleep:
      return "a time";
    case WaitKind::kPolicy:
      return "the scheduler";
    case WaitKind::kPark:
      return "another thread to wake it";
    case WaitKind::kMutex:
      return "a Mutex";
    case WaitKind::kSharedMutex:
      return "a SharedMutex";
    case WaitKind::kCondition:
      return "a ConditionVariable";
    case WaitKind::kSemaphore:
      return "a CountingSemaphore";
    case WaitKind::kLatch:
      return "a Latch";
    case WaitKind::kBarrier:
      return "a Barrier";
    case WaitKind::kOnce:
      return "a OnceFlag";
    case WaitKind::kEvent:
      return "an Event";
    case WaitKind::kWaitGroup:
      return "a WaitGroup";
    case WaitKind::kFuture:
      return "a Future";
    case WaitKind::kTimer:
      return "a Timer";
    case WaitKind::kSend:
      return "a Channel to take a value";
    case WaitKind::kReceive:
      return "a Channel to give a value";
    case WaitKind::kSelect:
      return "one of the cases of a Select";
    case WaitKind::kLibcMutex:
      return "a mutex of the C library";
    case WaitKind::kLibcRwlock:
      return "a reader-writer lock of the C library";
    case WaitKind::kAddress:
      return "a condition, semaphore or futex of the C library";
    case WaitKind::kKernel:
      return "a lock or futex, in the kernel";
    default:
      return "something";
  }
}

}  // namespace jiffy::internal
