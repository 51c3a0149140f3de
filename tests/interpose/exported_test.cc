// A look-up of a function by name, even by a library that is opened later,
// finds the program's function and not libc's.
#include <dlfcn.h>

#include <string>

#include "gtest/gtest.h"

namespace jiffy {
namespace {

constexpr const char* kInterposed[] = {
    "__poll_chk",
    "__ppoll_chk",
    "__read_chk",
    "__recv_chk",
    "__recvfrom_chk",
    "accept",
    "accept4",
    "clock_nanosleep",
    "connect",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "msgrcv",
    "msgsnd",
    "nanosleep",
    "pause",
    "poll",
    "ppoll",
    "pselect",
    "pthread_barrier_destroy",
    "pthread_barrier_init",
    "pthread_barrier_wait",
    "pthread_cancel",
    "pthread_cond_broadcast",
    "pthread_cond_clockwait",
    "pthread_cond_signal",
    "pthread_cond_timedwait",
    "pthread_cond_wait",
    "pthread_exit",
    "pthread_getattr_np",
    "pthread_getschedparam",
    "pthread_join",
    "pthread_mutex_clocklock",
    "pthread_mutex_lock",
    "pthread_mutex_timedlock",
    "pthread_mutex_unlock",
    "pthread_once",
    "pthread_rwlock_clockrdlock",
    "pthread_rwlock_clockwrlock",
    "pthread_rwlock_rdlock",
    "pthread_rwlock_timedrdlock",
    "pthread_rwlock_timedwrlock",
    "pthread_rwlock_unlock",
    "pthread_rwlock_wrlock",
    "pthread_sigmask",
    "read",
    "readv",
    "recv",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "sched_yield",
    "select",
    "sem_clockwait",
    "sem_post",
    "sem_timedwait",
    "sem_wait",
    "semop",
    "semtimedop",
    "send",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "sigaction",
    "sigaltstack",
    "signal",
    "sigprocmask",
    "sigsuspend",
    "sigtimedwait",
    "sigwait",
    "sigwaitinfo",
    "sleep",
    "syscall",
    "usleep",
    "write",
    "writev",
};

// Returns the file that holds the symbol.
std::string FileOf(const void* address) {
  Dl_info info = {};
  return dladdr(address, &info) == 0 ? "" : info.dli_fname;
}

TEST(ExportedTest, EachInterposedFunction_IsTheProgramsForAllLibraries) {
  const std::string program = FileOf(reinterpret_cast<void*>(&FileOf));
  for (const char* name : kInterposed) {
    const void* found = dlsym(RTLD_DEFAULT, name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(FileOf(found), program) << name;
  }
  // No other function is found by mistake.
  EXPECT_NE(FileOf(dlsym(RTLD_DEFAULT, "pthread_mutex_trylock")), program);
}

}  // namespace
}  // namespace jiffy
