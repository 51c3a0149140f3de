#!/usr/bin/env python3
"""What the trace viewer makes of trace files, in a real browser.

The viewer is that of chrome://tracing (the project "catapult"), which Chromium of
Debian comes without; Go's sources have it. Each file is imported there, and what
the viewer then knows is held against the file, event by event, and against what the
program counted itself.
"""

import collections
import http.server
import json
import os
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, "tests/page")
from page_testing import (  # noqa: E402
    DEMO, FOLDER, LAB, WINDOW, WORKLOADS, devtools, main, run)

EVERY_EVENT = "tests/trace/every_event"
PAGE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="webcomponents.min.js"></script>
<link rel="import" href="trace_viewer_full.html">
"""

# Imports a file and tells what the model has. Its times are in milliseconds.
IMPORT = """(async colors => {
  const text = await (await fetch('trace.json')).text();
  const model = new tr.Model();
  const options = new tr.importer.ImportOptions();
  options.shiftWorldToZero = false;
  new tr.importer.Import(model, options).importTraces([text]);
  const colorOf = new Map(colors.map(
    name => [tr.b.ColorScheme.getColorIdForReservedName(name), name]));
  const ns = ms => Math.round(ms * 1e6);
  const track = slice => [slice.parentContainer.parent.pid, slice.parentContainer.tid];
  const begin = slice => slice && [...track(slice), slice.title, ns(slice.start)];
  const processes = model.getAllProcesses();
  const threads = processes.flatMap(process => Object.values(process.threads));
  const counters = processes.flatMap(process => Object.values(process.counters));
  return {
    warnings: model.importWarnings.map(warning => warning.message),
    processes: processes.map(process => [process.pid, process.name]),
    threads: threads.map(thread => [thread.parent.pid, thread.tid, thread.name]),
    slices: threads.flatMap(thread => thread.sliceGroup.slices).map(
      slice => [...begin(slice), ns(slice.duration), colorOf.get(slice.colorId) || null,
                slice.args]),
    globalMarks: model.instantEvents.map(
      mark => [mark.title, ns(mark.start)]),
    counters: counters.flatMap(counter => counter.series.flatMap(
      series => series.samples.map(sample =>
        [counter.parent.pid, counter.name, series.name, ns(sample.timestamp),
         sample.value]))),
    arrows: model.flowEvents.map(
      flow => [flow.title, ns(flow.start), ns(flow.start + flow.duration),
               begin(flow.startSlice), begin(flow.endSlice)]),
  };
})"""


def find_viewer():
    """Returns the folder that has the viewer, or None: the one that
    JIFFY_TRACE_VIEWER names, if it is set, else what is installed."""
    chosen = os.environ.get("JIFFY_TRACE_VIEWER")
    return chosen or run("tools/trace_viewer.sh").strip() or None


def lacking():
    """Returns what is not installed, or None."""
    return ("no Chromium is installed" if devtools.find() is None else
            "no trace viewer is installed" if find_viewer() is None else None)


class Server(http.server.ThreadingHTTPServer):
    """Serves the viewer, which cannot be loaded from files, and a trace."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.viewer = pathlib.Path(find_viewer())
        self.trace = b""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind = "text/html; charset=utf-8"
        if self.path == "/":
            data = PAGE.encode()
        elif self.path == "/trace.json":
            data, kind = self.server.trace, "application/json"
        else:
            if self.path.endswith(".js"):
                kind = "text/javascript"
            data = (self.server.viewer / self.path[1:]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def ns(us):
    return round(us * 1000)


class ViewerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.browser = devtools.Browser(*WINDOW)
        cls.browser.call("Page.navigate", url=cls.server.url)
        cls.browser.wait_for("typeof tr === 'object' && document.readyState === 'complete'"
                             " && Boolean(tr.importer && tr.importer.Import)")

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.server.shutdown()
        cls.server.server_close()

    def view(self, path):
        """Has the viewer import a file; returns the file's events and the model."""
        text = pathlib.Path(path).read_bytes()
        events = json.loads(text)["traceEvents"]
        self.server.trace = text
        colors = sorted({event["cname"] for event in events if "cname" in event})
        return events, self.browser.evaluate(f"{IMPORT}({json.dumps(colors)})")

    def same(self, seen, expected):
        """Both have the same rows, in any order."""
        self.assertEqual(sorted(json.dumps(row, sort_keys=True) for row in seen),
                         sorted(json.dumps(row, sort_keys=True) for row in expected))

    def check_all_is_seen(self, events, model):
        """The model has each event of the file, and nothing else."""
        self.assertEqual(model["warnings"], [])
        phases = collections.defaultdict(list)
        for event in events:
            phases[event["ph"]].append(event)
        self.assertLessEqual(set(phases), set("MXiCsf"))
        named = [event for event in phases["M"] if event["name"] == "thread_name"]
        self.same(model["processes"],
                  [[e["pid"], e["args"]["name"]] for e in phases["M"]
                   if e["name"] == "process_name"])
        # A track without an event is not shown.
        used = {(e["pid"], e["tid"]) for e in phases["X"]}
        self.same(model["threads"],
                  [[e["pid"], e["tid"], e["args"]["name"]] for e in named])
        self.assertEqual(used, {(e["pid"], e["tid"]) for e in named})
        # To the viewer a mark is a slice without length.
        self.same(model["slices"],
                  [[e["pid"], e["tid"], e["name"], ns(e["ts"]), ns(e.get("dur", 0)),
                    e.get("cname"), e.get("args", {})]
                   for e in phases["X"] + [e for e in phases["i"] if e["s"] == "t"]])
        self.same(model["globalMarks"],
                  [[e["name"], ns(e["ts"])] for e in phases["i"] if e["s"] == "g"])
        self.same(model["counters"],
                  [[e["pid"], e["name"], "value", ns(e["ts"]), e["args"]["value"]]
                   for e in phases["C"]])
        self.check_arrows(phases, model)

    def check_arrows(self, phases, model):
        """Each leads from what its waker ran to where the woken one is runnable."""
        length = {(pid, tid, title, start): duration
                  for pid, tid, title, start, duration, *_ in model["slices"]}
        ends = {event["id"]: event for event in phases["f"]}
        expected = []
        for begin in phases["s"]:
            end = ends.pop(begin["id"])
            expected.append([begin["name"], ns(begin["ts"]), ns(end["ts"]),
                             [begin["pid"], begin["tid"]],
                             [end["pid"], end["tid"], "runnable", ns(end["ts"])]])
        self.assertEqual(ends, {})
        seen = []
        for name, since, until, start, end in model["arrows"]:
            self.assertRegex(start[2], "^ran")
            self.assertLessEqual(start[3], since)
            self.assertLess(since, start[3] + length[tuple(start)])
            seen.append([name, since, until, start[:2], end])
        self.same(seen, expected)

    def turns(self, model):
        """Returns by thread's name how many turns ended how."""
        names = {(pid, tid): name for pid, tid, name in model["threads"]}
        turns = collections.defaultdict(collections.Counter)
        for pid, tid, title, *_ in model["slices"]:
            if title.startswith("ran"):
                turns[names[pid, tid]][title] += 1
        return turns

    def check_turns(self, turns, preemptions, voluntary_switches):
        self.assertEqual(turns["ran, preempted"], preemptions)
        self.assertEqual(turns["ran, finished"], 1)
        self.assertEqual(turns["ran, yielded"] + turns["ran, blocked"]
                         + turns["ran, finished"], voluntary_switches)

    def test_demo_is_seen_as_its_file_and_its_summary_have_it(self):
        path, figures = FOLDER / "demo.trace.json", FOLDER / "demo.figures.json"
        run(DEMO, "--duration=200ms", "--trace", path, "--json", figures)
        events, model = self.view(path)
        self.check_all_is_seen(events, model)
        tasks = json.loads(figures.read_text())["tasks"]
        self.assertEqual(len(tasks), 5)
        turns = self.turns(model)
        for task in tasks:
            self.check_turns(turns[task["name"]], task["preemptions"],
                             task["voluntary_switches"])
        # On the CPU's track, all of them, by the thread that ran.
        self.assertEqual(
            collections.Counter(title for pid, _, title, *_ in model["slices"] if pid == 1),
            {name: sum(ends.values()) for name, ends in turns.items()})

    def test_every_kind_of_event_is_seen(self):
        path = FOLDER / "every.trace.json"
        out = run(EVERY_EVENT, path)
        events, model = self.view(path)
        self.check_all_is_seen(events, model)
        turns = self.turns(model)
        rows = [line.split(" ", 3) for line in out.splitlines()]
        self.assertEqual(len(rows), 7)
        for number, preemptions, voluntary, name in rows:
            with self.subTest(thread=name):
                self.assertIn([2, 2 * int(number), name], model["threads"])
                self.check_turns(turns[name], int(preemptions), int(voluntary))
        # Nothing of what is there to be seen was missing.
        self.assertEqual({color for *_, color, _ in model["slices"]},
                         {None, "good", "terrible", "black", "thread_state_iowait",
                          "thread_state_runnable"})
        self.assertEqual({args["by"] for *_, args in model["slices"] if "by" in args},
                         {"timer", "OS thread"})
        self.assertEqual({name for name, *_ in model["arrows"]}, {"spawn", "wake-up"})
        titles = collections.Counter(title for _, _, title, *_ in model["slices"])
        self.assertEqual(
            [titles[span] for span in ("outer", "inner", "compute", '"quoted" <b>')],
            [1, 3, 2, 1])

    def test_laboratorys_trace_is_seen_as_its_file_has_it(self):
        path = FOLDER / "lab.trace.json"
        run(LAB, f"{WORKLOADS}/interactive_and_hogs.json", "--policy", "cfs", "--cpus", 2,
            "--chrome", path)
        events, model = self.view(path)
        self.check_all_is_seen(events, model)
        self.assertEqual([name for _, _, name in model["threads"]],
                         ["CPU 0", "CPU 1", "editor-0", "hog-1", "hog-2", "hog-3"])
        self.assertEqual([title for title, _ in model["globalMarks"]], ["end"])

    def test_trace_that_lost_events_says_so(self):
        path = FOLDER / "lost.trace.json"
        run(EVERY_EVENT, path, 30)
        events, model = self.view(path)
        self.check_all_is_seen(events, model)
        self.assertEqual([title.split(":")[0] for title, _ in model["globalMarks"]],
                         ["older events lost"])


if __name__ == "__main__":
    main(lacking())
