#include "runtime/interpose/futex.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/interpose/address_park.h"
#include "runtime/interpose/caller.h"
#include "runtime/interpose/deadline.h"
#include "runtime/interpose/native.h"

namespace jiffy::interpose {
namespace {

using internal::kNoDeadline;

template <typename... Arguments>
long Kernel(long number, Arguments... arguments) {
  return Libc().syscall.load(std::memory_order_relaxed)(number, arguments...);
}

// The call's arguments by their meanings.
struct Call {
  explicit Call(const SyscallArguments& arguments)
      : raw(arguments),
        word(reinterpret_cast<uint32_t*>(arguments.value[0])),
        operation(static_cast<int>(arguments.value[1])),
        value(static_cast<uint32_t>(arguments.value[2])),
        second(reinterpret_cast<uint32_t*>(arguments.value[4])),
        bits(static_cast<uint32_t>(arguments.value[5])) {}

  long ToKernel() const {
    return Kernel(SYS_futex, raw.value[0], raw.value[1], raw.value[2],
                  raw.value[3], raw.value[4], raw.value[5]);
  }
  int command() const { return operation & FUTEX_CMD_MASK; }
  // The fourth argument is a time or a count.
  const timespec* time() const {
    return reinterpret_cast<const timespec*>(raw.value[3]);
  }
  int second_count() const { return static_cast<int>(raw.value[3]); }

  const SyscallArguments& raw;
  uint32_t* word;
  int operation;
  uint32_t value;
  uint32_t* second;
  uint32_t bits;
};

long Fail(int error) {
  errno = error;
  return -1;
}

// Whether another process may have the word in its memory, too. If the caller
// did not declare the word private (libstdc++'s futures do not), /proc is
// asked: bit 61 of a page's entry says that the page is a file's, or shared.
bool MayBeShared(const Call& call) {
  if ((call.operation & FUTEX_PRIVATE_FLAG) != 0) return false;
  const int saved_errno = errno;
  constexpr int64_t kPage = 4096;
  uint64_t entry = ~uint64_t{0};
  // With the kernel's own calls: libc's are cancellation points.
  const long file = Kernel(SYS_openat, long{AT_FDCWD}, "/proc/self/pagemap",
                           long{O_RDONLY | O_CLOEXEC});
  if (file >= 0) {
    const int64_t page = reinterpret_cast<intptr_t>(call.word) / kPage;
    if (Kernel(SYS_pread64, file, &entry, sizeof entry,
               page * int64_t{sizeof entry}) != sizeof entry) {
      entry = ~uint64_t{0};
    }
    Kernel(SYS_close, file);
  }
  errno = saved_errno;
  return (entry >> 61 & 1) != 0;
}

bool HasChanged(const Call& call) {
  return std::atomic_ref<uint32_t>(*call.word).load() != call.value;
}

// Returns the deadline of a wait. FUTEX_WAIT has a duration, FUTEX_WAIT_BITSET
// a point in time.
int64_t DueOf(const Call& call) {
  const timespec* time = call.time();
  if (time == nullptr) return kNoDeadline;
  if (call.command() == FUTEX_WAIT) return DueAfter(*time);
  return DueAt((call.operation & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME
                                                            : CLOCK_MONOTONIC,
               *time);
}

long Wait(const Call& call) {
  const bool has_bits = call.command() == FUTEX_WAIT_BITSET;
  const uint32_t mask = has_bits ? call.bits : FUTEX_BITSET_MATCH_ANY;
  const timespec* time = call.time();
  if (mask == 0 ||
      reinterpret_cast<uintptr_t>(call.word) % sizeof(uint32_t) != 0 ||
      (time != nullptr && (!IsValid(*time) || time->tv_sec < 0))) {
    return Fail(EINVAL);
  }
  if (HasChanged(call)) return Fail(EAGAIN);
  const int64_t due_ns = DueOf(call);
  const bool poll = MayBeShared(call);
  Backoff backoff;
  for (bool first = true;; first = false) {
    AddressWait wait(call.word, mask);
    wait.Enqueue();
    if (HasChanged(call)) {
      // The thread that took the entry out of the table counted it as woken.
      return wait.Withdraw() && first ? Fail(EAGAIN) : 0;
    }
    const int64_t until = poll ? backoff.Next(due_ns) : due_ns;
    if (wait.Await(internal::WaitKind::kAddress, call.word, until) ==
        ParkResult::kWoken) {
      return 0;
    }
    if (IsOver(due_ns)) return Fail(ETIMEDOUT);
  }
}

// Wakes green threads first; the kernel wakes the remaining number of its own.
long Wake(const Call& call) {
  const bool has_bits = call.command() == FUTEX_WAKE_BITSET;
  const uint32_t mask = has_bits ? call.bits : FUTEX_BITSET_MATCH_ANY;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  // As in the kernel, zero counts as one.
  const int most = std::max(1, static_cast<int>(call.value));
  const int woken = Unpark(call.word, most, mask);
  if (woken >= most) return woken;
  const int saved_errno = errno;
  const long more = Kernel(SYS_futex, call.raw.value[0], call.raw.value[1],
                           static_cast<long>(most - woken), call.raw.value[3],
                           call.raw.value[4], call.raw.value[5]);
  if (more >= 0) return woken + more;
  if (woken == 0) return more;
  errno = saved_errno;
  return woken;
}

// Operations on two words. Green threads that would move to the second word are
// woken instead: a wait may end spuriously.
long WakeOrMove(const Call& call) {
  const long result = call.ToKernel();
  if (result < 0) return result;
  int woken = Unpark(call.word, kAll);
  if (call.command() == FUTEX_WAKE_OP) {
    woken += Unpark(call.second, std::max(1, call.second_count()));
  }
  return result + woken;
}

}  // namespace

long Futex(const SyscallArguments& arguments) {
  const Call call(arguments);
  switch (call.command()) {
    case FUTEX_WAIT:
      // The kernel refuses a clock for a duration.
      if ((call.operation & FUTEX_CLOCK_REALTIME) != 0) return call.ToKernel();
      [[fallthrough]];
    case FUTEX_WAIT_BITSET:
      return CallerParks() ? Wait(call) : call.ToKernel();
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
      return Wake(call);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
      return WakeOrMove(call);
    default:
      return call.ToKernel();
  }
}

}  // namespace jiffy::interpose
