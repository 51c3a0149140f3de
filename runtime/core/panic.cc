#include "runtime/core/panic.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace jiffy::internal {
namespace {

// A failed write to standard error is ignored. Does not use write(), which may
// be replaced (interpose/send.cc).
void Say(const char* text) {
  syscall(SYS_write, STDERR_FILENO, text, strlen(text));
}

}  // namespace

void Panic(const char* what) {
  Say("jiffy: ");
  Say(what);
  Say("\n");
  abort();
}

}  // namespace jiffy::internal
