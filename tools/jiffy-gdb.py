"""Green threads of jiffy in gdb: info jiffy, jiffy bt, jiffy thread and more.

Programs that link jiffy carry this text, and gdb loads it from there if the
program lies in its auto-load safe-path (docs/debugging.md); else:
source tools/jiffy-gdb.py.

Nothing here writes to the program or its registers. A thread that does not run
is shown by an unwinder which tells gdb that the frame that really runs was
called from that thread's place in the switch: so it works on core files, and
there is nothing to restore before the program goes on.

All fields are found by their names in the debugging information. The one thing
that is known of the switch beyond that: where the saved stack pointer is in the
context, and that at the label jiffy_switch_suspended its CFI describes what a
suspended thread leaves on its stack (suspended_registers in gdb/view.py).
"""

import os

# Programs carry the parts, one after the other, in this order (tools/BUILD.bazel).
for part in ("threads", "view", "commands", "running", "printing"):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gdb", part + ".py")
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), globals())
