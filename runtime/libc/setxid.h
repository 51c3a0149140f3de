// setuid and its family inside runs.
#ifndef JIFFY_RUNTIME_LIBC_SETXID_H_
#define JIFFY_RUNTIME_LIBC_SETXID_H_

namespace jiffy::internal {

// Makes the signal by which libc has all threads change their user or group
// find the thread block of the kernel's thread. Does its work once. libc must
// have started a thread before, or it has no handler yet. Context: OS thread,
// nothing running.
void WrapSetxidHandler();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_SETXID_H_
