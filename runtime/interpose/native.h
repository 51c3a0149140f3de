// libc's own versions of the interposed functions, and the properties of libc's
// objects that the interposition must know.
#ifndef JIFFY_RUNTIME_INTERPOSE_NATIVE_H_
#define JIFFY_RUNTIME_INTERPOSE_NATIVE_H_

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace jiffy::interpose {

// A property that libc stores in some bits of an object. Found by comparing an
// object that has the property with one that does not.
struct Property {
  size_t offset = 0;
  uint32_t mask = 0;
  uint32_t value = 0;

  bool Of(const void* object) const {
    uint32_t word;
    memcpy(&word, static_cast<const char*>(object) + offset, sizeof word);
    return mask != 0 && (word & mask) == value;
  }
};

// libc's functions, by their names without prefix.
struct Native {
  int (*mutex_lock)(pthread_mutex_t*);
  int (*mutex_trylock)(pthread_mutex_t*);
  int (*mutex_unlock)(pthread_mutex_t*);
  int (*mutex_timedlock)(pthread_mutex_t*, const timespec*);
  int (*mutex_clocklock)(pthread_mutex_t*, clockid_t, const timespec*);

  int (*cond_wait)(pthread_cond_t*, pthread_mutex_t*);
  int (*cond_timedwait)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  int (*cond_clockwait)(pthread_cond_t*, pthread_mutex_t*, clockid_t,
                        const timespec*);
  int (*cond_signal)(pthread_cond_t*);
  int (*cond_broadcast)(pthread_cond_t*);

  int (*rwlock_rdlock)(pthread_rwlock_t*);
  int (*rwlock_wrlock)(pthread_rwlock_t*);
  int (*rwlock_tryrdlock)(pthread_rwlock_t*);
  int (*rwlock_trywrlock)(pthread_rwlock_t*);
  int (*rwlock_timedrdlock)(pthread_rwlock_t*, const timespec*);
  int (*rwlock_timedwrlock)(pthread_rwlock_t*, const timespec*);
  int (*rwlock_clockrdlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*rwlock_clockwrlock)(pthread_rwlock_t*, clockid_t, const timespec*);
  int (*rwlock_unlock)(pthread_rwlock_t*);

  int (*barrier_init)(pthread_barrier_t*, const pthread_barrierattr_t*,
                      unsigned);
  int (*barrier_wait)(pthread_barrier_t*);
  int (*barrier_destroy)(pthread_barrier_t*);

  int (*sem_wait)(sem_t*);
  int (*sem_trywait)(sem_t*);
  int (*sem_timedwait)(sem_t*, const timespec*);
  int (*sem_clockwait)(sem_t*, clockid_t, const timespec*);
  int (*sem_post)(sem_t*);

  int (*nanosleep)(const timespec*, timespec*);
  int (*clock_nanosleep)(clockid_t, int, const timespec*, timespec*);
  int (*usleep)(unsigned);
  unsigned (*sleep)(unsigned);
  int (*sched_yield)();

  int (*pause)();
  int (*sigsuspend)(const sigset_t*);
  int (*sigaction)(int, const struct sigaction*, struct sigaction*);
  int (*poll)(pollfd*, nfds_t, int);
  int (*ppoll)(pollfd*, nfds_t, const timespec*, const sigset_t*);
  int (*select)(int, fd_set*, fd_set*, fd_set*, timeval*);
  int (*pselect)(int, fd_set*, fd_set*, fd_set*, const timespec*,
                 const sigset_t*);
  int (*epoll_wait)(int, epoll_event*, int, int);
  int (*epoll_pwait)(int, epoll_event*, int, int, const sigset_t*);
  // Null before glibc 2.35.
  int (*epoll_pwait2)(int, epoll_event*, int, const timespec*, const sigset_t*);

  ssize_t (*read)(int, void*, size_t);
  ssize_t (*readv)(int, const iovec*, int);
  ssize_t (*write)(int, const void*, size_t);
  ssize_t (*writev)(int, const iovec*, int);
  ssize_t (*recvfrom)(int, void*, size_t, int, sockaddr*, socklen_t*);
  ssize_t (*recvmsg)(int, msghdr*, int);
  int (*recvmmsg)(int, mmsghdr*, unsigned, int, timespec*);
  ssize_t (*sendto)(int, const void*, size_t, int, const sockaddr*, socklen_t);
  ssize_t (*sendmsg)(int, const msghdr*, int);
  int (*sendmmsg)(int, mmsghdr*, unsigned, int);
  int (*accept)(int, sockaddr*, socklen_t*);
  int (*accept4)(int, sockaddr*, socklen_t*, int);
  int (*connect)(int, const sockaddr*, socklen_t);

  int (*sigwait)(const sigset_t*, int*);
  int (*sigwaitinfo)(const sigset_t*, siginfo_t*);
  int (*sigtimedwait)(const sigset_t*, siginfo_t*, const timespec*);
  ssize_t (*msgrcv)(int, void*, size_t, long, int);
  int (*msgsnd)(int, const void*, size_t, int);
  int (*semop)(int, sembuf*, size_t);
  int (*semtimedop)(int, sembuf*, size_t, const timespec*);

  void (*exit)(void*);
  int (*cancel)(pthread_t);
  int (*join)(pthread_t, void**);
  int (*getattr_np)(pthread_t, pthread_attr_t*);
  int (*getschedparam)(pthread_t, int*, sched_param*);

  // Set after all others.
  std::atomic<long (*)(long, ...)> syscall{nullptr};

  // For conditions: whether timeouts are by CLOCK_MONOTONIC.
  Property cond_monotonic;
  // Whether other processes may use the object.
  Property cond_shared;
  Property sem_shared;
};

extern constinit Native native;

// Looks up everything; several threads may do so at once, and repeatedly.
// Context: anywhere but in handlers.
void FindNative();

// Returns libc's functions. The program's first call may come from a
// constructor that runs before ours.
inline const Native& Libc() {
  if (native.syscall.load(std::memory_order_acquire) == nullptr) [[unlikely]] {
    FindNative();
  }
  return native;
}

// To be called between a read-modify-write of libc's and a plain load: on x86
// the read-modify-write is already a full barrier.
inline void FenceAfterNative() {
#if defined(__x86_64__)
  std::atomic_signal_fence(std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_NATIVE_H_
