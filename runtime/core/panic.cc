#include "runtime/core/panic.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace jiffy::internal {
namespace {

// Nothing can be done about a standard error that does not take the message.
// Not by write(), which may be replaced (interpose/send.cc).
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
