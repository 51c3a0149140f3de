"""What is measured: the rows of the table, who may stand in them, the goals."""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Contestant:
    title: str
    # The Debian package that its version is asked of; "" for what is built here.
    package: str = ""
    # A way to use jiffy, no peer.
    ours: bool = False


CONTESTANTS = {
    "jiffy": Contestant("jiffy", ours=True),
    "jiffy_child_first": Contestant("jiffy, child first", ours=True),
    "jiffy_small_stacks": Contestant("jiffy, 16 KiB stacks", ours=True),
    "jiffy_shared_tls": Contestant("jiffy, shared TLS", ours=True),
    "jiffy_preempted": Contestant("jiffy, once preempted", ours=True),
    "jiffy_rr_50us": Contestant("jiffy, slices of 50 us", ours=True),
    "jiffy_rr_100us": Contestant("jiffy, slices of 100 us", ours=True),
    "jiffy_rr_200us": Contestant("jiffy, slices of 200 us", ours=True),
    "jiffy_rr_500us": Contestant("jiffy, slices of 500 us", ours=True),
    "jiffy_rr_1ms": Contestant("jiffy, slices of 1 ms", ours=True),
    "jiffy_fifo": Contestant("jiffy, first in first out", ours=True),
    "jiffy_eevdf": Contestant("jiffy, eevdf", ours=True),
    "jiffy_linux_o1": Contestant("jiffy, linux-o1", ours=True),
    "empty_handler": Contestant("an empty handler"),
    "ucontext": Contestant("ucontext", "libc6"),
    "setjmp": Contestant("setjmp", "libc6"),
    "boost_context": Contestant("Boost.Context", "libboost-context-dev"),
    "boost_fiber": Contestant("Boost.Fiber", "libboost-fiber-dev"),
    "boost_fiber_child_first": Contestant(
        "Boost.Fiber, child first", "libboost-fiber-dev"
    ),
    "pth": Contestant("GNU Pth", "libpth-dev"),
    "state_threads": Contestant("State Threads", "libst-dev"),
    "std_thread": Contestant("std::thread", "libc6"),
    "go": Contestant("Go", "golang-go"),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table. Less is better in all of them."""

    id: str
    title: str
    unit: str = "ns"
    # The benchmark that it comes from, if that is named otherwise, and which of
    # its figures it is.
    benchmark: str = ""
    field: str = "cpu_time"
    # By how much to divide that figure to get the unit.
    scale: float = 1
    # At most so many, for rows that take long.
    repetitions: int = 0
    # What the machine must have to spare.
    memory_gib: int = 0
    # Whether everything happens on one CPU.
    pinned: bool = True
    # The contestant that is jiffy as users get it.
    ours: str = "jiffy"

    @property
    def source(self):
        return self.benchmark or self.id


# Contestants of a row that come from one process say so by this name; each of its
# counters is then a contestant's.
TOGETHER = "together"
OVERHEAD = "jiffy empty_handler"

ROWS = [
    Row("switch/two_sites", "switch alone, from two places"),
    Row("switch/shared_yield", "switch alone, through one yield"),
    Row("ring/2", "yield, ring of 2"),
    Row("ring/100", "yield, ring of 100"),
    Row("ring/10000", "yield, ring of 10,000"),
    Row("spawn_join/single", "spawn and join, one at a time"),
    Row("spawn_join/batch", "spawn and join, 10,000 at once"),
    Row("lock_unlock", "lock and unlock a free mutex"),
    Row("ping_pong/mutex_condition", "there and back, mutex and condition"),
    Row("ping_pong/channel", "there and back, two channels"),
    Row("ping_pong/semaphore", "there and back, two semaphores"),
    Row("timer/set_cancel", "set and cancel a timer, a million pending", repetitions=5),
    Row("timer/reset", "set one of a million timers anew", repetitions=5),
    Row("skynet", "skynet, a million threads, warm", "ms", scale=1e6, repetitions=3,
        memory_gib=12),
    Row("parked/10k", "a parked thread, of 10,000", "bytes", field="bytes", repetitions=3),
    Row("parked/100k", "a parked thread, of 100,000", "bytes", field="bytes",
        repetitions=3),
    Row("parked/1M", "a parked thread, of 1,000,000", "bytes", field="bytes",
        repetitions=1, memory_gib=12),
    Row("preemption/10ms", "preempted each 10 ms", "% CPU", field=OVERHEAD, repetitions=5),
    Row("preemption/1ms", "preempted each 1 ms", "% CPU", field=OVERHEAD, repetitions=5),
    Row("preemption/100us", "preempted each 100 us", "% CPU", field=OVERHEAD, repetitions=5),
    Row("preemption/50us", "preempted each 50 us", "% CPU", field=OVERHEAD, repetitions=5),
    Row("ticker/p50", "ticker beside two hogs, late, median", "us", "ticker", "p50", 1e3,
        repetitions=3),
    Row("ticker/p99", "ticker beside two hogs, late, p99", "us", "ticker", "p99", 1e3,
        repetitions=3),
    Row("bimodal/50/p50", "short requests among long, load 50 %, median", "us",
        "bimodal/50", "p50", 1e3, pinned=False, ours="jiffy_rr_50us",
        repetitions=5),
    Row("bimodal/50/p99", "short requests among long, load 50 %, p99", "us",
        "bimodal/50", "p99", 1e3, pinned=False, ours="jiffy_rr_50us",
        repetitions=5),
    Row("bimodal/70/p50", "short requests among long, load 70 %, median", "us",
        "bimodal/70", "p50", 1e3, pinned=False, ours="jiffy_rr_50us",
        repetitions=5),
    Row("bimodal/70/p99", "short requests among long, load 70 %, p99", "us",
        "bimodal/70", "p99", 1e3, pinned=False, ours="jiffy_rr_50us",
        repetitions=5),
]


@dataclasses.dataclass(frozen=True)
class Matrix:
    """A table of its own: policies by the number of tasks that are runnable."""

    id: str
    title: str
    benchmark: str


MATRICES = [
    Matrix("policy/yield", "a yield", "Yield"),
    Matrix("policy/tick", "a tick, and the decision that it may lead to", "Tick"),
    Matrix("policy/block_and_wake", "blocking, and a wake-up", "BlockAndWake"),
]


# The counts of bench/instructions.
INSTRUCTIONS = "instructions"


@dataclasses.dataclass(frozen=True)
class Goal:
    """What a row's figure is to be at most."""

    row: str
    at_most: float
    contestant: str = "jiffy"
    # If set, the goal is for what the figure is above this contestant's.
    above: str = ""
    # Why it is missed; printed while it is.
    limit: str = ""


_SWITCH = (
    "on this machine setting the thread pointer takes 10 ns in each switch; the"
    " prototype that does nothing but take turns, by which the goal was set elsewhere,"
    " takes as long as jiffy here (16.6 and 17.3 ns beside 17.0 and 17.4 in rings of 2"
    " and 100)"
)
_SPAWN = (
    "1,100 instructions, of which ld.so's and libc's own steps for a thread are a"
    " fifth, and two switches with a thread pointer to set; the prototype, which knows"
    " no options and keeps no figures, takes 42 ns here"
)
_PAGE = (
    "a page, the handle's record (0.3 KB) and ld.so's table of the thread's TLS"
    " (0.1 KB); a wait whose frames do not fit beside the program's own TLS takes a"
    " second page"
)
_PREEMPTED = (
    "two pages, the handle's record (0.3 KB) and ld.so's table of the thread's TLS"
    " (0.1 KB)"
)
_BIMODAL = (
    "wall time on a virtual machine whose host has other work"
)

GOALS = [
    Goal("switch/shared_yield", 7.5, limit=_SWITCH),
    Goal("ring/2", 10, limit=_SWITCH + ". Here one return a switch is mispredicted as"
         " well, since the two threads yield from two places (6 ns)"),
    Goal("ring/100", 11, limit=_SWITCH),
    Goal("ring/10000", 35, limit="two cache misses in turn: the control block's, which"
         " the load of the thread pointer waits for, and then the stack's, which is"
         " fetched meanwhile; fetching the next control block, too, gained nothing"),
    Goal("spawn_join/batch", 155, limit="threads that wait need a stack each, and"
         " 10,000 do not fit into the caches"),
    Goal("spawn_join/single", 40, limit=_SPAWN),
    Goal("spawn_join/batch", 43, contestant="jiffy_child_first", limit=_SPAWN),
    Goal("spawn_join/single", 35, contestant="jiffy_child_first", limit=_SPAWN),
    Goal("skynet", 500, limit="a million records of 0.3 KB, filled before the first of"
         " their threads runs, and 111,111 stacks of threads that wait: cache misses"),
    Goal("skynet", 60, contestant="jiffy_child_first",
         limit="1.1 million spawns, at what one takes above"),
    Goal("parked/10k", 4500, limit=_PAGE),
    Goal("parked/100k", 4500, limit=_PAGE),
    Goal("parked/1M", 4500, limit=_PAGE),
    Goal("parked/10k", 8600, contestant="jiffy_preempted", limit=_PREEMPTED),
    Goal("parked/100k", 8600, contestant="jiffy_preempted", limit=_PREEMPTED),
    Goal("parked/1M", 8600, contestant="jiffy_preempted", limit=_PREEMPTED),
    Goal("preemption/100us", 1.5, above="empty_handler"),
    Goal("preemption/50us", 4, above="empty_handler"),
    Goal("ticker/p99", 2500),
    Goal("bimodal/50/p99", 400, contestant="jiffy_rr_50us", limit=_BIMODAL),
    Goal("bimodal/70/p99", 800, contestant="jiffy_rr_50us", limit=_BIMODAL),
]


class UnknownRow(ValueError):
    pass


def all_ids():
    return [row.id for row in ROWS + MATRICES] + [INSTRUCTIONS]


def select(filters):
    """The ids that match any of the regular expressions; all if there is none."""
    for text in filters:
        try:
            found = any(re.search(text, name) for name in all_ids())
        except re.error as error:
            raise UnknownRow(f"'{text}' is no regular expression: {error}") from None
        if not found:
            allowed = "\n  ".join(all_ids())
            raise UnknownRow(f"no row matches '{text}'; there are:\n  {allowed}")
    return [
        name
        for name in all_ids()
        if not filters or any(re.search(text, name) for text in filters)
    ]


class Unlisted(Exception):
    pass


def check(contestants):
    """Holds the benchmarks that there are, {benchmark: {peer: ...}}, against what is
    listed here."""
    sources = {row.source for row in ROWS}
    for benchmark, peers in contestants.items():
        if benchmark not in sources:
            raise Unlisted(f"benchmark '{benchmark}' is in no row of driver/rows.py")
        for peer in peers:
            if peer not in CONTESTANTS and peer != TOGETHER:
                raise Unlisted(f"'{benchmark}/{peer}' is no contestant of driver/rows.py")
    for source in sources:
        if not contestants.get(source):
            raise Unlisted(f"row '{source}' of driver/rows.py has no benchmark")
