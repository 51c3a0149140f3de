// What the entry of the program's signal handlers tells.
#ifndef JIFFY_RUNTIME_INTERPOSE_HANDLER_H_
#define JIFFY_RUNTIME_INTERPOSE_HANDLER_H_

namespace jiffy::interpose {

// Whom a signal was sent to.
enum class SentTo { kThread, kProcess };

// Ends the waits of those that wait for any handler (pause, sigsuspend), and
// has calls that the signal ended tell so (cut_short.h). To be called when a
// handler is over. Context: handler of the program's.
void TellHandlerHasRun(int signal, SentTo target);

}  // namespace jiffy::interpose

#endif  // JIFFY_RUNTIME_INTERPOSE_HANDLER_H_
