"""Runs the contestants of each row in turn, so that what the machine does
meanwhile meets all of them alike; each run is a process of its own."""

import json
import os
import re
import signal
import statistics
import subprocess

import rows

# No run takes anywhere near as long.
TIMEOUT_S = 300
# What a run that is late may take to say what its threads wait for.
DUMP_S = 15
# Of a longer dump, the first and the last lines are shown, half of these each.
DUMP_LINES = 400


class Failed(Exception):
    pass


def _shortened(text):
    lines = text.splitlines()
    half = DUMP_LINES // 2
    if len(lines) > DUMP_LINES:
        left_out = len(lines) - 2 * half
        lines[half:-half] = [f"... ({left_out} lines more)"]
    return "\n".join(lines)


def _end_late(process):
    """Asks a process that is late what its threads do, and ends it; returns what it
    wrote on standard error. To contestants of ours, and to Go's, SIGQUIT says: dump
    your threads. The others end of it."""
    process.send_signal(signal.SIGQUIT)
    try:
        _, said = process.communicate(timeout=DUMP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        try:
            _, said = process.communicate(timeout=DUMP_S)
        except subprocess.TimeoutExpired as error:
            # A child of its own still holds the pipe.
            said = (error.stderr or b"").decode(errors="replace")
    return said.strip()


def _run(command, pinned, timeout_s=None):
    """Runs a command, on one CPU if `pinned`; returns what it printed. If it takes
    longer than `timeout_s` (by default TIMEOUT_S), the error tells what its threads
    were doing."""
    timeout_s = timeout_s or TIMEOUT_S
    cpu = max(os.sched_getaffinity(0))
    pin = (lambda: os.sched_setaffinity(0, {cpu})) if pinned else None
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", preexec_fn=pin,
    ) as process:
        try:
            printed, said = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            said = _end_late(process)
            raise Failed(
                f"took more than {timeout_s} s; asked what its threads do, it "
                + (f"said:\n{_shortened(said)}" if said else "said nothing")
            ) from None
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        last = said.strip().splitlines()[-1:] or [""]
        raise Failed(f"ended with status {process.returncode}: {last[0]}")
    return printed


class GoogleBenchmark:
    """A binary of Google Benchmark whose benchmarks are called ROW/PEER."""

    def __init__(self, path):
        self.path = path

    def names(self):
        listed = _run([self.path, "--benchmark_list_tests=true"], pinned=False)
        # What Google Benchmark appends tells how it measures.
        tail = r"(/(iterations|process_time|real_time|min_time|manual_time)[^/]*)+$"
        return [re.sub(tail, "", line) for line in listed.splitlines()]

    def measure(self, name, seconds, pinned):
        return _run(
            [
                self.path,
                f"--benchmark_filter=^{re.escape(name)}(/[a-z]+_time.*|/iterations.*)?$",
                f"--benchmark_min_time={seconds}",
                "--benchmark_format=json",
            ],
            pinned,
        )


class Go:
    """The program in bench/go, which prints the same fields."""

    def __init__(self, path):
        self.path = path

    def names(self):
        listed = _run([self.path, "--list"], pinned=False)
        return [f"{row}/go" for row in listed.splitlines()]

    def measure(self, name, seconds, pinned):
        return _run([self.path, name.removesuffix("/go"), str(seconds)], pinned)


_NS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def _figures(output):
    """The figures of the one benchmark in the JSON, times in nanoseconds."""
    benchmarks = json.loads(output)["benchmarks"]
    if len(benchmarks) != 1:
        raise Failed(f"{len(benchmarks)} benchmarks where one was asked for")
    figures = benchmarks[0]
    if figures.get("error_occurred"):
        raise Failed(figures["error_message"])
    factor = _NS[figures["time_unit"]]
    for key in ("cpu_time", "real_time"):
        figures[key] *= factor
    return figures


def contestants(sources):
    """Maps each benchmark to its contestants: {"ring/2": {"pth": program}}."""
    found = {}
    for source in sources:
        for name in source.names():
            benchmark, peer = name.rsplit("/", 1)
            found.setdefault(benchmark, {})[peer] = source
    return found


def run_benchmark(benchmark, peers, repetitions, seconds, pinned, say):
    """Returns each peer's figures, a list with one for each repetition, and of
    those that failed, why."""
    samples = {peer: [] for peer in peers}
    errors = {}
    order = list(peers)
    for repetition in range(repetitions):
        say(f"{benchmark}: {repetition + 1} of {repetitions}")
        # Nobody always runs first.
        turn = repetition % len(order)
        for peer in order[turn:] + order[:turn]:
            if peer in errors:
                continue
            try:
                output = peers[peer].measure(f"{benchmark}/{peer}", seconds, pinned)
                samples[peer].append(_figures(output))
            except Failed as error:
                errors[peer] = str(error)
    return {peer: taken for peer, taken in samples.items() if peer not in errors}, errors


def matrices(chosen, path, say):
    """Runs bench/policy_benchmark; returns each matrix with its nanoseconds, by
    policy and number of tasks."""
    if not chosen:
        return []
    say("policies")
    steps = "|".join(matrix.benchmark for matrix in chosen)
    output = _run(
        [
            path,
            f"--benchmark_filter=^({steps})/",
            "--benchmark_min_time=0.005",
            "--benchmark_repetitions=3",
            "--benchmark_enable_random_interleaving=true",
            "--benchmark_format=json",
        ],
        pinned=True,
    )
    cells = {}
    for figures in json.loads(output)["benchmarks"]:
        if figures.get("aggregate_name") == "median":
            step, policy, tasks = figures["run_name"].split("/")
            by_tasks = cells.setdefault(step, {}).setdefault(policy, {})
            by_tasks[tasks.removeprefix("tasks:")] = figures["cpu_time"]
    return [
        {"id": matrix.id, "title": matrix.title, "ns": cells[matrix.benchmark]}
        for matrix in chosen
    ]


def instructions(path):
    """Runs bench/instructions/count where Bazel put its files; returns what it says,
    and what it complains of."""
    try:
        done = subprocess.run(
            [path], cwd=f"{path}.runfiles/jiffy", capture_output=True, text=True,
            check=False, timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return "", f"took more than {TIMEOUT_S} s"
    return done.stdout, done.stderr.strip() if done.returncode != 0 else ""


def summary(values):
    """The median, and between which values the middle half lies."""
    if len(values) == 1:
        low = high = values[0]
    else:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {
        "median": statistics.median(values),
        "low": low,
        "high": high,
        "samples": values,
    }


def summarise(row, samples):
    """The row's contestants with their summaries."""
    if rows.TOGETHER in samples:
        counters = samples[rows.TOGETHER]
        names = [key for key in counters[0] if key in row.field.split()]
        values = {name: [figures[name] for figures in counters] for name in names}
    else:
        values = {
            peer: [figures[row.field] for figures in taken]
            for peer, taken in samples.items()
        }
    return {
        peer: summary([value / row.scale for value in taken])
        for peer, taken in values.items()
    }
