"""Part of jiffy-gdb.py: thread_local variables of any green thread."""


class Print(gdb.Command):
    """Prints an expression with a green thread's own thread_local variables.

    jiffy print EXPRESSION: as print, but each thread_local variable in it is that
    of the chosen thread, or of the one on the CPU. (gdb's own print shows the one
    of whatever libthread_db takes for the OS thread.)"""

    NAME = re.compile(r"(?<![\w.$>:])(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*")

    def __init__(self):
        super().__init__("jiffy print", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        worker = find_worker()
        task = current_task(worker)
        if task is None:
            fail("the thread on the CPU is just ending")
        # The control block is a thread_local object of each thread: where gdb
        # sees it tells whose variables gdb sees.
        base = 0
        if not worker.value["shared_tls"]:
            frame = gdb.lookup_global_symbol("jiffy::signals::task_frame")
            base = task.address - self.address(frame)
        count = 0

        def translate(match):
            nonlocal count
            name = match.group(0)
            symbol = gdb.lookup_symbol(name)[0] or gdb.lookup_global_symbol(name)
            if base == 0 or symbol is None or not self.is_thread_local(symbol):
                return name
            address = self.address(symbol) + base
            count += 1
            gdb.set_convenience_variable(
                "_jiffy_%d" % count,
                gdb.Value(address).cast(symbol.type.pointer()),
            )
            return "(*$_jiffy_%d)" % count

        expression = self.NAME.sub(translate, argument)
        if unwinder.view is not None:
            unwinder.view.told |= count > 0
        gdb.execute("print " + expression)

    @staticmethod
    def address(symbol):
        try:
            return int(symbol.value().address)
        except gdb.error as error:
            fail("gdb does not find thread_local variables here: %s" % error)

    @staticmethod
    def is_thread_local(symbol):
        if symbol.addr_class != gdb.SYMBOL_LOC_COMPUTED or symbol.needs_frame:
            return False
        where = gdb.execute("info address " + symbol.name, to_string=True)
        return "thread-local" in where or "TLS" in where


Print()
