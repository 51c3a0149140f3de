"""Part of jiffy-gdb.py: the commands that look."""


class InfoJiffy(gdb.Command):
    """Lists green threads: id, name, state, worker, policy data, where.

    '*' marks the thread on the CPU, '>' the one that 'jiffy thread' chose."""

    def __init__(self):
        super().__init__("info jiffy", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        worker = find_worker()
        tasks = worker.threads()
        tid = int(worker.value["os_thread_"])
        print(
            "%d threads on worker %d, scheduler %s, %d jiffies of %g ms"
            % (
                len(tasks),
                tid,
                str(worker.policy()).rsplit("::", 1)[-1],
                number(worker.value["clock_"]["jiffies"]),
                number(worker.value["tick_ns_"]) / 1e6,
            )
        )
        print("    %-5s %-16s %-10s %8s  %s" % ("Id", "Name", "State", "Ticks", "Where"))
        chosen = unwinder.view.id if unwinder.view is not None else None
        for task in [worker.idle] + tasks:
            self.line(task, chosen)

    def line(self, task, chosen):
        state = task.state
        where = []
        mark = " "
        if task.is_new:
            state = "new"
            where.append("not started")
        else:
            with Showing(task) as showing:
                frame, preempted = first_own_frame()
                if showing.running:
                    mark = "*"
                elif task.id == chosen:
                    mark = ">"
                if preempted and state == "runnable":
                    state = "preempted"
                where.append("" if task.is_idle else place(frame))
        if not task.is_idle:
            where += [words for words in (task.wait(), task.policy()) if words]
        print(
            "  %s %-5d %-16s %-10s %8d  %s"
            % (
                mark,
                task.id,
                task.name,
                "idle" if task.is_idle else state,
                task.ticks,
                "; ".join(where),
            )
        )


class Jiffy(gdb.Command):
    """Commands for green threads of jiffy; 'info jiffy' lists the threads."""

    def __init__(self):
        super().__init__("jiffy", gdb.COMMAND_STACK, prefix=True)


def run_in(task, command):
    """Runs a gdb command as if the thread were gdb's current one."""
    print("\nGreen thread %s, %s:" % (task.title, task.state))
    if task.is_new:
        print("not started yet; its callable is at 0x%x" % task.closure)
        return
    with Showing(task) as showing:
        if not showing.running:
            unwinder.first_frame().select()
        gdb.execute(command)


class Backtrace(gdb.Command):
    """Prints the backtrace of a green thread: jiffy bt ID-OR-NAME [OPTIONS OF BT]"""

    def __init__(self):
        super().__init__("jiffy bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        what, _, options = argument.strip().partition(" ")
        worker = find_worker()
        task = worker.find(what) if what else current_task(worker)
        if task is None:
            fail("the thread on the CPU is just ending: see 'bt'")
        run_in(task, "bt " + options)


class Apply(gdb.Command):
    """Runs a gdb command in green threads: jiffy apply all|ID... COMMAND"""

    def __init__(self):
        super().__init__("jiffy apply", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        worker = find_worker()
        words = argument.split()
        tasks = []
        if words[:1] == ["all"]:
            tasks = worker.threads()
            words = words[1:]
        else:
            while words and words[0].isdigit():
                tasks.append(worker.find(words.pop(0)))
        if not tasks or not words:
            fail("usage: jiffy apply all|ID... COMMAND")
        for task in tasks:
            run_in(task, " ".join(words))


class Thread(gdb.Command):
    """Switches to a green thread: jiffy thread ID-OR-NAME

    bt, up, down, frame, info locals, print work in it, 'jiffy print' shows its
    thread_local variables. Without an argument: back to what really runs. The
    program's registers are not touched."""

    def __init__(self):
        super().__init__("jiffy thread", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        what = argument.strip()
        worker = find_worker()
        if not what:
            worker.os_thread().switch()
            unwinder.show(None)
            task = worker.running()
            title = "a thread that ends" if task is None else task.title
            print("[On the CPU: green thread %s]" % title)
            gdb.execute("frame 0")
            return
        task = worker.find(what)
        if task.is_new:
            fail("green thread %s has not started yet" % task.title)
        protect_stepping()
        running = show(task)
        print(
            "[Switched to green thread %s, %s]"
            % (task.title, "on the CPU" if running else task.state)
        )
        frame = gdb.newest_frame() if running else first_own_frame()[0]
        gdb.execute("frame %d" % frame.level())


InfoJiffy()
Jiffy()
Backtrace()
Apply()
Thread()
