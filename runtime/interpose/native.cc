#include "runtime/interpose/native.h"

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "runtime/core/panic.h"

namespace jiffy::interpose {

constinit Native native = {};

namespace {

// Finds libc's function of this name. Conditions also have an old version,
// other than the one that programs are linked with.
template <typename Function>
void Find(Function*& function, const char* name,
          const char* version = nullptr) {
  void* found = version == nullptr ? nullptr : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    // Panic prints by syscall(), which would look up all functions again.
    native.syscall.store(
        reinterpret_cast<long (*)(long, ...)>(dlsym(RTLD_NEXT, "syscall")));
    internal::Panic("libc lacks a function that jiffy's interposition needs");
  }
  function = reinterpret_cast<Function*>(found);
}

// Returns the bits in which `with` differs from `without`; they lie in one
// 32-bit word, or there are none.
template <typename T>
Property Difference(const T& without, const T& with) {
  for (size_t offset = 0; offset + sizeof(uint32_t) <= sizeof(T);
       offset += sizeof(uint32_t)) {
    uint32_t a;
    uint32_t b;
    memcpy(&a, reinterpret_cast<const char*>(&without) + offset, sizeof a);
    memcpy(&b, reinterpret_cast<const char*>(&with) + offset, sizeof b);
    if (a != b) return {.offset = offset, .mask = a ^ b, .value = b & (a ^ b)};
  }
  return {};
}

void FindProperties() {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_cond_t plain = PTHREAD_COND_INITIALIZER;
  pthread_cond_t monotonic = PTHREAD_COND_INITIALIZER;
  pthread_cond_t shared = PTHREAD_COND_INITIALIZER;
  pthread_cond_init(&plain, &attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&monotonic, &attributes);
  pthread_condattr_setclock(&attributes, CLOCK_REALTIME);
  pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_cond_init(&shared, &attributes);
  native.cond_monotonic = Difference(plain, monotonic);
  native.cond_shared = Difference(plain, shared);
  pthread_cond_destroy(&plain);
  pthread_cond_destroy(&monotonic);
  pthread_cond_destroy(&shared);
  pthread_condattr_destroy(&attributes);

  sem_t own = {};
  sem_t common = {};
  sem_init(&own, 0, 0);
  sem_init(&common, 1, 0);
  native.sem_shared = Difference(own, common);
  sem_destroy(&own);
  sem_destroy(&common);
}

// Runs before any green thread can exist.
__attribute__((constructor)) void FindNativeAtStart() { FindNative(); }

}  // namespace

void FindNative() {
  constexpr const char* kNewConditions = "GLIBC_2.3.2";
  Native& n = native;
  Find(n.mutex_lock, "pthread_mutex_lock");
  Find(n.mutex_trylock, "pthread_mutex_trylock");
  Find(n.mutex_unlock, "pthread_mutex_unlock");
  Find(n.mutex_timedlock, "pthread_mutex_timedlock");
  Find(n.mutex_clocklock, "pthread_mutex_clocklock");
  Find(n.cond_wait, "pthread_cond_wait", kNewConditions);
  Find(n.cond_timedwait, "pthread_cond_timedwait", kNewConditions);
  Find(n.cond_clockwait, "pthread_cond_clockwait");
  Find(n.cond_signal, "pthread_cond_signal", kNewConditions);
  Find(n.cond_broadcast, "pthread_cond_broadcast", kNewConditions);
  Find(n.rwlock_rdlock, "pthread_rwlock_rdlock");
  Find(n.rwlock_wrlock, "pthread_rwlock_wrlock");
  Find(n.rwlock_tryrdlock, "pthread_rwlock_tryrdlock");
  Find(n.rwlock_trywrlock, "pthread_rwlock_trywrlock");
  Find(n.rwlock_timedrdlock, "pthread_rwlock_timedrdlock");
  Find(n.rwlock_timedwrlock, "pthread_rwlock_timedwrlock");
  Find(n.rwlock_clockrdlock, "pthread_rwlock_clockrdlock");
  Find(n.rwlock_clockwrlock, "pthread_rwlock_clockwrlock");
  Find(n.rwlock_unlock, "pthread_rwlock_unlock");
  Find(n.barrier_init, "pthread_barrier_init");
  Find(n.barrier_wait, "pthread_barrier_wait");
  Find(n.barrier_destroy, "pthread_barrier_destroy");
  Find(n.sem_wait, "sem_wait");
  Find(n.sem_trywait, "sem_trywait");
  Find(n.sem_timedwait, "sem_timedwait");
  Find(n.sem_clockwait, "sem_clockwait");
  Find(n.sem_post, "sem_post");
  Find(n.nanosleep, "nanosleep");
  Find(n.clock_nanosleep, "clock_nanosleep");
  Find(n.usleep, "usleep");
  Find(n.sleep, "sleep");
  Find(n.sched_yield, "sched_yield");
  Find(n.pause, "pause");
  Find(n.sigsuspend, "sigsuspend");
  Find(n.sigaction, "sigaction");
  Find(n.poll, "poll");
  Find(n.ppoll, "ppoll");
  Find(n.select, "select");
  Find(n.pselect, "pselect");
  Find(n.epoll_wait, "epoll_wait");
  Find(n.epoll_pwait, "epoll_pwait");
  n.epoll_pwait2 = reinterpret_cast<decltype(n.epoll_pwait2)>(
      dlsym(RTLD_NEXT, "epoll_pwait2"));
  Find(n.read, "read");
  Find(n.readv, "readv");
  Find(n.write, "write");
  Find(n.writev, "writev");
  Find(n.recvfrom, "recvfrom");
  Find(n.recvmsg, "recvmsg");
  Find(n.recvmmsg, "recvmmsg");
  Find(n.sendto, "sendto");
  Find(n.sendmsg, "sendmsg");
  Find(n.sendmmsg, "sendmmsg");
  Find(n.accept, "accept");
  Find(n.accept4, "accept4");
  Find(n.connect, "connect");
  Find(n.sigwait, "sigwait");
  Find(n.sigwaitinfo, "sigwaitinfo");
  Find(n.sigtimedwait, "sigtimedwait");
  Find(n.msgrcv, "msgrcv");
  Find(n.msgsnd, "msgsnd");
  Find(n.semop, "semop");
  Find(n.semtimedop, "semtimedop");
  Find(n.exit, "pthread_exit");
  Find(n.cancel, "pthread_cancel");
  Find(n.join, "pthread_join");
  Find(n.getattr_np, "pthread_getattr_np");
  Find(n.getschedparam, "pthread_getschedparam");
  FindProperties();
  long (*syscall)(long, ...);
  Find(syscall, "syscall");
  n.syscall.store(syscall, std::memory_order_release);
}

}  // namespace jiffy::interpose
