// Notifications from the entry of the program's signal handlers.
#ifndef JIFFY_RUNTIME_INTERPOSE_HANDLER_H_
#define JIFFY_RUNTIME_INTERPOSE_HANDLER_H_

namespace jiffy::interpose {

// The target that a signal was sent to.
enum class SentTo { kThread, kProcess };

// Ends the waits for any handler (pause, sigsuspend), and makes calls that the
// signal ended report so (cut_short.h). To be called when a handler is over.
// Context: handler of the program.
void TellHandlerHasRun(int signal, SentTo target);

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_HANDLER_H_
