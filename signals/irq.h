// The interrupt flag: the tick signal's bit in the kernel's signal mask. (What
// else is in the mask is the green thread's: runtime/core/own_signals.h.)
//
// IrqSave and IrqRestore are the kernel's local_irq_save and _restore, with
// sigprocmask for the machine's interrupt flag. They are real, and a system
// call each; PreemptGuard (signals/preempt.h) costs one instruction and is
// what hot paths use. Use these where a tick must not even be noticed: around
// calls that a signal would cut short, or to show how a kernel does it.
//
// A green thread may switch while it holds the interrupt off: the others run
// with it on, and it finds it off again when it resumes.
#ifndef JIFFY_SIGNALS_IRQ_H_
#define JIFFY_SIGNALS_IRQ_H_

#include "signals/cpu.h"

namespace jiffy::signals {

// Whether the tick signal was blocked before IrqSave.
struct [[nodiscard]] IrqFlags {
  bool was_off;
};

// Blocks the tick signal and returns what was. Elsewhere than in a green
// thread it does nothing, since no tick comes there.
// Context: green thread. Switches: no.
IrqFlags IrqSave();

// Restores what IrqSave returned. Switches: if a tick is waiting.
void IrqRestore(IrqFlags flags);

// Whether the caller holds the tick signal blocked by IrqSave.
bool IrqsDisabled();

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_IRQ_H_
