"""Part of jiffy-gdb.py: letting a thread run, breakpoints for one thread."""


stepping_is_protected = False


def protect_stepping():
    """Keeps gdb from stepping by the frames of a thread that does not run."""
    global stepping_is_protected
    if stepping_is_protected:
        return
    stepping_is_protected = True
    for command in ("step", "next", "stepi", "nexti", "finish", "until", "advance"):
        gdb.execute("define hook-%s\njiffy check-step\nend" % command)
    gdb.execute("define hook-print\njiffy check-print\nend")


class CheckPrint(gdb.Command):
    """Says once for each chosen thread what print does not do."""

    def __init__(self):
        super().__init__("jiffy check-print", gdb.COMMAND_OBSCURE)

    def invoke(self, argument, from_tty):
        view = unwinder.view
        if view is not None and not view.told:
            view.told = True
            print(
                "[note: thread_local variables here are those of the thread on"
                " the CPU; 'jiffy print' shows the ones of #%d]" % view.id
            )


class CheckStep(gdb.Command):
    """Fails if the chosen green thread is not the one on the CPU."""

    def __init__(self):
        super().__init__("jiffy check-step", gdb.COMMAND_OBSCURE)

    def invoke(self, argument, from_tty):
        if unwinder.view is not None:
            fail(
                "green thread #%d does not run: 'jiffy finish-slice' goes on"
                " until it does, 'jiffy thread' goes back to what runs"
                % unwinder.view.id
            )


# ------------------------------------------- letting a thread go on


class StopAt(gdb.Breakpoint):
    """Stops at an address if a register has a value."""

    def __init__(self, address, register, value):
        super().__init__("*0x%x" % address, internal=True)
        self.silent = True
        self.register = register
        self.value = value
        self.reached = False

    def stop(self):
        frame = gdb.newest_frame()
        here = int(frame.read_register(self.register)) == self.value
        self.reached |= here
        return here


def go_on_to(stops):
    """Continues until one of the stops. Returns whether it was one of them."""
    try:
        gdb.execute("continue", to_string=True)
        return any(stop.reached for stop in stops)
    finally:
        for stop in stops:
            if stop.is_valid():
                stop.delete()


class FinishSlice(gdb.Command):
    """Lets a green thread give up the CPU and goes on until it is back.

    The chosen thread, or the one on the CPU: if it runs, until it yields, waits
    or is preempted; then until it runs the program's code again. Other threads
    run meanwhile."""

    def __init__(self):
        super().__init__("jiffy finish-slice", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        worker = find_worker()
        task = current_task(worker)
        if task is None or task.is_idle:
            fail("no green thread is chosen or on the CPU")
        registers = machine()
        title = task.title
        address = task.address
        if unwinder.view is None:
            if registers.argument is None:
                fail("finish-slice of what runs is not known on this machine")
            stops = [
                StopAt(address_of(name), registers.argument, address)
                for name in SWITCHES
            ]
            if not go_on_to(stops):
                print("[Green thread %s did not get to a switch]" % title)
                return
        frame, _ = first_own_frame()
        stop = StopAt(
            frame.pc(), registers.sp, int(frame.read_register(registers.sp))
        )
        unwinder.show(None)
        if go_on_to([stop]):
            print("[Green thread %s runs again]" % title)
            gdb.execute("frame 0")
        else:
            print("[Stopped before green thread %s ran again]" % title)


class Break(gdb.Command):
    """Sets a breakpoint for one green thread: jiffy break LOCATION thread ID-OR-NAME

    A name holds for all threads that have it, also for those yet to come."""

    def __init__(self):
        super().__init__("jiffy break", gdb.COMMAND_BREAKPOINTS, gdb.COMPLETE_LOCATION)

    def invoke(self, argument, from_tty):
        match = re.match(r"^(.*\S)\s+thread\s+(\S.*)$", argument.strip())
        if match is None:
            fail("usage: jiffy break LOCATION thread ID-OR-NAME")
        location, what = match.groups()
        breakpoint = gdb.Breakpoint(location)
        if what.isdigit():
            breakpoint.condition = "$jiffy_id() == %s" % what
        else:
            breakpoint.condition = '$_streq($jiffy_name(), "%s")' % what


class IdFunction(gdb.Function):
    """$jiffy_id(): the number of the green thread on the CPU, 0 for none."""

    def __init__(self):
        super().__init__("jiffy_id")

    def invoke(self):
        task = running_or_none()
        return 0 if task is None else task.id


class NameFunction(gdb.Function):
    """$jiffy_name(): the name of the green thread on the CPU, "" for none."""

    def __init__(self):
        super().__init__("jiffy_name")

    def invoke(self):
        task = running_or_none()
        return "" if task is None else task.name


def running_or_none():
    """The green thread that the selected OS thread runs."""
    pointer = lookup("jiffy::internal::live_machine")
    if int(pointer) == 0:
        return None
    worker = Worker(pointer["worker"].dereference())
    if worker.os_thread().ptid != gdb.selected_thread().ptid:
        return None
    return worker.running()


CheckPrint()
CheckStep()
FinishSlice()
Break()
IdFunction()
NameFunction()
