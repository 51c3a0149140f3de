"""Part of jiffy-gdb.py: showing gdb a thread that does not run."""


class View:
    """Shows gdb a suspended thread in place of what called the real frame 0."""

    def __init__(self, task, frame, registers):
        self.task_address = task.address
        self.id = task.id
        self.first_level = 0
        self.real_pc = int(frame.read_register(registers.pc))
        self.real_sp = int(frame.read_register(registers.sp))
        self.saved = suspended_registers(task, registers)
        self.registers = registers
        # Whether the user knows that print shows another's thread_locals.
        self.told = False


def suspended_registers(task, registers):
    """Where the CFI finds a suspended thread: the one place that knows how a
    context is saved."""
    return {
        registers.pc: address_of("jiffy_switch_suspended"),
        registers.sp: int(task.value["context"]["sp"]),
    }


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class Unwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__("jiffy")
        self.view = None

    def __call__(self, pending):
        view = self.view
        if view is None:
            return None
        pc = pending.read_register(view.registers.pc)
        sp = pending.read_register(view.registers.sp)
        if int(pc) != view.real_pc or int(sp) != view.real_sp:
            return None
        word = gdb.lookup_type("unsigned long")
        # gdb takes a caller that lies below its callee for a corrupt stack.
        below = gdb.Value(view.saved[view.registers.sp] - 64).cast(word)
        unwind = pending.create_unwind_info(FrameId(below, pc.cast(word)))
        for name, value in view.saved.items():
            unwind.add_saved_register(name, gdb.Value(value).cast(word))
        return unwind

    def show(self, view):
        """Shows that view from now on; None: what really runs."""
        if view is None and self.view is None:
            return
        self.view = view
        gdb.invalidate_cached_frames()
        if view is None:
            return
        # Functions that are inlined in the real one are frames, too.
        frame = gdb.newest_frame()
        while frame is not None and frame.pc() != view.saved[view.registers.pc]:
            frame = frame.older()
        if frame is None:
            self.show(None)
            fail("gdb cannot unwind the stack of green thread #%d" % view.id)
        view.first_level = frame.level()

    def hides(self, frame):
        """Whether a frame is one that really runs, before the view's first."""
        return self.view is not None and frame.level() < self.view.first_level

    def first_frame(self):
        """The innermost frame that is to be seen."""
        frame = gdb.newest_frame()
        while self.hides(frame):
            frame = frame.older()
        return frame


unwinder = Unwinder()
gdb.unwinder.register_unwinder(None, unwinder, True)


class HideRealFrames:
    """Leaves what really runs out of the backtraces of a suspended thread."""

    def __init__(self):
        self.name = "jiffy"
        self.priority = 100
        self.enabled = True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        for frame in frames:
            if not unwinder.hides(frame.inferior_frame()):
                yield frame


HideRealFrames()


def on_continue(event):
    unwinder.show(None)


gdb.events.cont.connect(on_continue)


def is_runtime(frame):
    """Whether a frame is jiffy's own rather than the program's."""
    if frame.type() == gdb.SIGTRAMP_FRAME:
        return True
    if RUNTIME.match(frame.name() or ""):
        return True
    # What it has in libc's place has libc's names, and a lambda has none.
    symtab = frame.find_sal().symtab
    return symtab is not None and any(
        "/" + folder in "/" + symtab.filename
        for folder in ("runtime/interpose/", "runtime/sync/")
    )


def first_own_frame():
    """The innermost frame of the selected view that is the program's."""
    frame = unwinder.first_frame()
    first = frame
    preempted = False
    while frame is not None and is_runtime(frame):
        preempted |= frame.type() == gdb.SIGTRAMP_FRAME
        frame = frame.older()
    return frame or first, preempted


def place(frame):
    words = frame.name() or "0x%x" % frame.pc()
    line = frame.find_sal()
    if line.symtab is not None:
        words += " at %s:%d" % (line.symtab.filename.rsplit("/", 1)[-1], line.line)
    return words


class Showing:
    """Has gdb look at a thread while in scope: with its frames as the backtrace
    and the worker's OS thread selected. What was selected comes back."""

    def __init__(self, task):
        self.task = task

    def __enter__(self):
        self.old_thread = gdb.selected_thread()
        self.old_frame = gdb.selected_frame().level()
        self.old_view = unwinder.view
        self.running = show(self.task)
        return self

    def __exit__(self, *unused):
        unwinder.show(self.old_view)
        self.old_thread.switch()
        # The command 'frame' would tell of it.
        frame = gdb.newest_frame()
        while frame.level() < self.old_frame:
            frame = frame.older()
        frame.select()


def show(task):
    """Lets gdb look at a thread. Returns whether it runs."""
    task.worker.os_thread().switch()
    unwinder.show(None)
    running = task.worker.running()
    if running is not None and running.address == task.address:
        return True
    registers = machine()
    unwinder.show(View(task, gdb.newest_frame(), registers))
    return False


def current_task(worker):
    """The thread that `jiffy thread` chose, else the one that runs."""
    if unwinder.view is not None:
        for task in [worker.idle] + worker.tasks():
            if task.address == unwinder.view.task_address:
                return task
    worker.os_thread().switch()
    return worker.running()
