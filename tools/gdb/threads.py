"""Part of jiffy-gdb.py: what the program knows of its green threads."""

import re

import gdb
import gdb.unwinder

# By gdb's name of the machine: program counter, stack pointer, thread pointer,
# first argument of a call (None: on the stack).
REGISTERS = {
    "i386:x86-64": ("rip", "rsp", "fs_base", "rdi"),
    "aarch64": ("pc", "sp", "tpidr", "x0"),
    "riscv:rv64": ("pc", "sp", "tp", "a0"),
    "i386": ("eip", "esp", None, None),
}
SWITCHES = ("jiffy_switch", "jiffy_switch_shared")
# Functions of jiffy's own: its inner namespaces, members of its classes. And what
# the C++ library has around libc's mutexes.
RUNTIME = re.compile(
    r"^(jiffy_|jiffy::((internal|signals|arch|interpose|this_thread)::"
    r"|[A-Z]\w*(<.*>)?::)"
    r"|__gthread_|std::(\w*_lock|lock_guard)<.*>::|std::\w*mutex::"
    r"|std::condition_variable\w*::)"
)


def fail(text):
    raise gdb.GdbError("jiffy: " + text)


class Machine:
    """The registers of the machine that the program is for."""

    def __init__(self, name):
        if name not in REGISTERS:
            fail("this script does not know the machine %s" % name)
        self.pc, self.sp, self.thread_pointer, self.argument = REGISTERS[name]


def machine():
    return Machine(gdb.selected_frame().architecture().name())


def lookup(name):
    symbol = gdb.lookup_global_symbol(name)
    if symbol is None:
        fail(
            "no debugging information of jiffy here: the program does not link"
            " it, or was stripped"
        )
    return symbol.value()


def address_of(label):
    """The address of a label in assembly."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)&%s" % label))
    except gdb.error:
        fail("the program has no symbol %s: it was stripped" % label)


def number(value):
    """The number in a signals::SingleWriter or std::atomic, or in what is one already."""
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        if any(field.name == "value_" for field in value.type.fields()):
            value = value["value_"]
        value = value["_M_i"]
    return int(value)


def find_worker():
    """The worker of the run under way."""
    pointer = lookup("jiffy::internal::live_machine")
    if not gdb.selected_inferior().threads():
        fail("the program does not run")
    if int(pointer) == 0:
        fail("no run is under way")
    return Worker(pointer["worker"].dereference())


def libc_data(name, address):
    """The fields of one of libc's objects."""
    return address.cast(gdb.lookup_type(name).pointer())["__data"]


def enumerator(value):
    """kBlocked -> blocked."""
    name = str(value).rsplit("::", 1)[-1]
    return re.sub(r"^k", "", name)


def spaced(name):
    """LibcMutex -> libc mutex."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


class GreenThread:
    """A green thread; `completion` is what outlives it."""

    @property
    def id(self):
        return int(self.completion["id"])

    @property
    def name(self):
        name = self.completion["name"].string("utf-8", "replace")
        return name or "thread-%d" % self.id

    @property
    def title(self):
        return "'%s' (#%d)" % (self.name, self.id)


class Unstarted(GreenThread):
    """One that was spawned and has no stack yet."""

    is_idle = False
    is_new = True
    state = "new"
    ticks = 0

    def __init__(self, head):
        kind = gdb.lookup_type("jiffy::internal::BeginningAndEnd").pointer()
        derived = gdb.lookup_type("jiffy::internal::Completion").pointer()
        self.completion = head.cast(kind).cast(derived).dereference()
        self.closure = int(self.completion["unstarted"]["closure"].address)

    def wait(self):
        return ""

    def policy(self):
        return ""


class Task(GreenThread):
    def __init__(self, value, worker):
        self.value = value
        self.worker = worker
        self.address = int(value.address)
        self.low = int(value["stack_low"])
        self.high = int(value["stack_high"])

    @property
    def is_idle(self):
        return int(self.value["completion"]) == 0

    @property
    def id(self):
        return 0 if self.is_idle else int(self.value["id"])

    @property
    def name(self):
        return "idle" if self.is_idle else super().name

    @property
    def completion(self):
        return self.value["completion"]

    @property
    def ticks(self):
        return int(self.value["ticks"])

    @property
    def closure(self):
        return int(self.value["closure"])

    @property
    def state(self):
        return spaced(enumerator(self.value["state"]))

    @property
    def is_new(self):
        """Whether it has not started, so that there is nothing on its stack."""
        context = self.value["context"]
        if self.is_idle or int(context["sp"]) not in (self.closure & ~15, self.high):
            return False
        # Also while it runs for the first time, and before: between the two, in
        # the switch, its entry is cleared already.
        return int(context["entry"]) != 0 or not self.worker.runs(self)

    def owns(self, sp):
        return self.low <= sp < self.high

    def wait(self):
        """What the thread waits for, in words."""
        kind = enumerator(self.value["wait_kind"])
        if kind == "None":
            return ""
        target = self.value["wait_object"]
        words = "waits for " + spaced(kind)
        if kind == "Join":
            completion = target.cast(
                gdb.lookup_type("jiffy::internal::Completion").pointer()
            )
            words = "joins #%d" % int(completion["id"])
        elif int(target) != 0:
            words += " at 0x%x" % int(target)
            holder = self.holder(kind, target)
            if holder is not None:
                words += " held by " + holder
        ticks = number(self.worker.value["clock_"]["jiffies"]) - int(self.value["wait_since"])
        ms = ticks * number(self.worker.value["tick_ns_"]) / 1e6
        return "%s since %g ms" % (words, ms)

    def holder(self, kind, target):
        """Who holds what the thread waits for, in words; None if that is unknown."""
        if kind == "LibcMutex":
            data = libc_data("pthread_mutex_t", target)
            shared = int(data["__kind"]) & 128
            return self.holder_by_libc(int(data["__owner"]), shared)
        if kind == "LibcRwlock":
            data = libc_data("pthread_rwlock_t", target)
            return self.holder_by_libc(int(data["__cur_writer"]), data["__shared"])
        if kind not in ("Mutex", "SharedMutex"):
            return None
        kind = gdb.lookup_type("jiffy::internal::Owned").pointer()
        owner = int(target.cast(kind)["owner"]["_M_b"]["_M_p"])
        if owner == 0:
            return None
        task = self.worker.owners().get(owner)
        if task is not None:
            return task.title
        head = gdb.lookup_type("jiffy::signals::TaskHead").pointer()
        try:
            green = int(gdb.Value(owner).cast(head)["current"]) == owner
        except gdb.MemoryError:  # An OS thread's, which went with it.
            return "a thread that has ended"
        if green and owner != self.worker.idle.address:
            return "a thread that has ended"
        return "an OS thread"

    def holder_by_libc(self, owner, shared):
        """Who is the thread with that id of libc's: as runtime/debug/holder.cc
        has it."""
        first = 1 << 22
        first_of_blocks = 1 << 29
        if owner == 0 or int(shared) != 0:
            return None
        if owner < first:
            seen = [thread.ptid[1] for thread in gdb.selected_inferior().threads()]
            # Another pid namespace counts otherwise.
            if owner in seen or int(self.worker.value["os_thread_"]) not in seen:
                return "an OS thread"
        elif number(lookup("jiffy::internal::next_libc_id")) == first_of_blocks:
            return None
        task = self.worker.owners().get(owner)
        return "a thread that has ended" if task is None else task.title

    def libc_id(self):
        """What libc takes for the thread's id."""
        offset = int(lookup("jiffy::internal::libc_layout")["tid"])
        pointer = int(self.value["context"]["thread_pointer"])
        not_found = (-(1 << 31), -(1 << 63))
        if offset in not_found or pointer == 0:
            return 0
        word = gdb.lookup_type("int").pointer()
        return int(gdb.Value(pointer + offset).cast(word).dereference())

    def policy(self):
        """What its owner asked of the policy, and what the policy keeps."""
        words = []
        params = self.value["params"]
        for field in ("nice", "priority"):
            if int(params[field]) != 0:
                words.append("%s %d" % (field, int(params[field])))
        kind = self.worker.policy_data_type()
        if kind is not None:
            data = self.value["data_"].address.cast(kind.pointer()).dereference()
            for field in kind.fields():
                scalar = field.type.strip_typedefs().code in (
                    gdb.TYPE_CODE_INT,
                    gdb.TYPE_CODE_BOOL,
                    gdb.TYPE_CODE_ENUM,
                    gdb.TYPE_CODE_FLT,
                )
                if scalar:
                    words.append("%s %s" % (field.name, data[field.name]))
        return ", ".join(words)


class Worker:
    def __init__(self, value):
        self.value = value
        self.machine = value["machine_"].referenced_value()
        self.idle = Task(value["idle_"].dereference(), self)

    def threads(self):
        """All threads that live, by the order of their ids."""
        return sorted(self.tasks() + self.unstarted(), key=lambda thread: thread.id)

    def unstarted(self):
        """The threads that have no stack yet. They are in the policy's queue, by
        the head of an entity whose number is 0."""
        found = []
        queue = self.value["turns_"]["queue"]
        if int(queue) == 0:
            return found
        at = queue["head_"]
        left = number(self.value["stacks_"]["unstarted"])
        most = number(self.machine["most_live"])
        while int(at) != 0 and left > 0 and most > 0:
            if int(at["id"]) == 0:
                found.append(Unstarted(at))
                left -= 1
            at = at["next"]
            most -= 1
        return found

    def tasks(self):
        """Those of them that have a control block, the oldest first."""
        found = []
        pointer = self.machine["all_tasks"]
        most = number(self.machine["most_live"]) + 1
        while int(pointer) != 0 and len(found) < most:
            found.append(Task(pointer.dereference(), self))
            pointer = pointer["all_next"]
        found.reverse()
        return found

    def owners(self):
        """The threads by what their mutexes call them: the addresses of their
        control blocks and libc's ids, which are no addresses."""
        if not hasattr(self, "by_owner"):
            self.by_owner = {}
            for task in self.tasks():
                self.by_owner[task.address] = task
                self.by_owner[task.libc_id()] = task
        return self.by_owner

    def find(self, what):
        """The thread with that number or name."""
        if what.isdigit():
            if int(what) == 0:
                return self.idle
            found = [task for task in self.threads() if task.id == int(what)]
        else:
            found = [task for task in self.threads() if task.name == what]
        if not found:
            fail("there is no thread '%s': see 'info jiffy'" % what)
        if len(found) > 1:
            fail(
                "%d threads are called '%s': %s; take a number"
                % (len(found), what, ", ".join("#%d" % task.id for task in found))
            )
        return found[0]

    def os_thread(self):
        """The gdb thread that is this CPU."""
        threads = gdb.selected_inferior().threads()
        tid = int(self.value["os_thread_"])
        for thread in threads:
            if tid in (thread.ptid[1], thread.ptid[2]):
                return thread
        # Another pid namespace counts otherwise.
        if len(threads) == 1:
            return threads[0]
        fail("the OS thread %d of the run is not among gdb's threads" % tid)

    def running(self):
        """The thread whose registers are the CPU's; the caller has selected the
        CPU's OS thread. None while a thread ends.

        In the middle of a switch current_ is ahead of the registers, so the
        stack decides; on an alternate signal stack the thread pointer does."""
        frame = gdb.newest_frame()
        registers = machine()
        sp = int(frame.read_register(registers.sp))
        current = Task(self.value["current_"].dereference(), self)
        candidates = [current] + self.tasks()
        for task in candidates:
            if not task.is_idle and task.owns(sp):
                return task
        if registers.thread_pointer and not self.value["shared_tls"]:
            pointer = int(frame.read_register(registers.thread_pointer))
            for task in [self.idle] + candidates:
                if int(task.value["context"]["thread_pointer"]) == pointer:
                    return task
            return None
        return current

    def runs(self, task):
        """Whether that thread is on the CPU, whatever is selected."""
        selected = gdb.selected_thread()
        self.os_thread().switch()
        running = self.running()
        selected.switch()
        return running is not None and running.address == task.address

    def policy(self):
        # A unique_ptr is its pointer, whatever the library calls it.
        kind = gdb.lookup_type("jiffy::sched::Scheduler").pointer().pointer()
        pointer = self.value["policy_"].address.cast(kind).dereference()
        return pointer.dereference().dynamic_type

    def policy_data_type(self):
        """The type of what the policy keeps of a thread; None if nothing."""
        if not hasattr(self, "data_type"):
            self.data_type = None
            try:
                self.data_type = gdb.lookup_type("%s::Task" % self.policy())
            except gdb.error:
                pass
        return self.data_type
