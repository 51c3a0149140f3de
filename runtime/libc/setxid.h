// Makes setuid and its family work during runs.
#ifndef JIFFY_RUNTIME_LIBC_SETXID_H_
#define JIFFY_RUNTIME_LIBC_SETXID_H_

namespace jiffy::internal {

// Wraps the handler of the signal by which libc makes all threads change their
// user or group, so that the handler finds the OS thread's block. Does its work
// once. libc must have started a thread before, or it has no handler yet.
// Context: OS thread, nothing running.
void WrapSetxidHandler();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_SETXID_H_
