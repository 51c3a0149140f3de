#!/usr/bin/env python3
"""./jiffy bench's driver: which rows it takes, whose turn it is, what it makes of the
figures. Nothing is measured here."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree

DRIVER = "bench/driver"
sys.dont_write_bytecode = True
sys.path.insert(0, DRIVER)
import chart  # noqa: E402 (found by the line above)
import measure  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402


def silent(_text):
    pass


class FakeProgram:
    """Answers with figures of its own, and notes who was asked."""

    def __init__(self, figures):
        self.figures = figures
        self.asked = []

    def measure(self, name, seconds, pinned):
        del seconds, pinned
        self.asked.append(name)
        figure = self.figures[name.rsplit("/", 1)[1]]
        if isinstance(figure, str):
            raise measure.Failed(figure)
        return (
            f'{{"benchmarks": [{{"cpu_time": {figure}, "real_time": 1, '
            '"time_unit": "us"}]}'
        )


def result_row(ours="jiffy", **medians):
    return {
        "id": "ring/2",
        "title": "yield, ring of 2",
        "unit": "ns",
        "ours": ours,
        "contestants": {name: measure.summary([value]) for name, value in medians.items()},
    }


def results(*result_rows, **more):
    return {
        "date": "today",
        "repetitions": 1,
        "machine": {"cpu": "a CPU", "cpus": 2, "memory_gib": 8, "virtual": True,
                    "kernel": "6", "load": 0.5},
        "versions": {"g++": "12"},
        "rows": list(result_rows),
        "matrices": [],
        "instructions": "",
        "failures": {},
    } | more


class SelectTest(unittest.TestCase):
    def test_no_filter_means_everything(self):
        self.assertEqual(rows.select([]), rows.all_ids())

    def test_each_filter_adds_the_rows_that_it_matches(self):
        self.assertEqual(rows.select(["^ring/2$", "policy/tick", "instr"]),
                         ["ring/2", "policy/tick", "instructions"])

    def test_a_filter_that_matches_nothing_is_named_with_what_is_allowed(self):
        with self.assertRaisesRegex(rows.UnknownRow, "'nosuch'.*\n  switch/two_sites"):
            rows.select(["ring", "nosuch"])

    def test_a_broken_expression_is_named(self):
        with self.assertRaisesRegex(rows.UnknownRow, r"'a\(' is no regular expression"):
            rows.select(["a("])

    def test_benchmarks_and_rows_are_held_against_each_other(self):
        there = {row.source: {"jiffy": None} for row in rows.ROWS}
        rows.check(there)
        for change, message in [
            ({"new": {"jiffy": None}}, "benchmark 'new' is in no row"),
            ({"skynet": {"new": None}}, "'skynet/new' is no contestant"),
            ({"skynet": {}}, "row 'skynet' of driver/rows.py has no benchmark"),
        ]:
            with self.assertRaisesRegex(rows.Unlisted, message):
                rows.check(there | change)

    def test_goals_are_of_rows_and_contestants_that_exist(self):
        ids = {row.id for row in rows.ROWS}
        for goal in rows.GOALS:
            self.assertIn(goal.row, ids)
            self.assertIn(goal.contestant, rows.CONTESTANTS)


class CommandTest(unittest.TestCase):
    def run_driver(self, *arguments):
        return subprocess.run(
            [sys.executable, f"{DRIVER}/bench.py", *arguments],
            capture_output=True, text=True, check=False,
        )

    def test_an_unknown_row_ends_with_2_before_anything_is_built(self):
        done = self.run_driver("nosuch")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no row matches 'nosuch'; there are:\n  switch/two_sites", done.stderr)

    def test_the_rows_are_listed(self):
        done = self.run_driver("--list")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^ring/2 +yield, ring of 2$")

    def test_bad_options_are_named_with_what_is_allowed(self):
        for arguments, message in [
            (["--repetitions=0"], "--repetitions is 0; allowed: 1 to 1000"),
            (["--seconds=61"], "--seconds is 61; allowed: above 0, to 60"),
            (["--out=/dev/null"], "--out is '/dev/null', which is no folder"),
            (["--record", "ring"], "--record is for all rows"),
            (["--from=x", "ring"], "--from measures nothing: give no rows"),
        ]:
            done = self.run_driver(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)

    def test_output_that_cannot_be_written_is_said_and_ends_with_1(self):
        for argument in ("--list", "--help"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(
                    [sys.executable, f"{DRIVER}/bench.py", argument],
                    stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                )
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr,
                             "jiffy: bench: No space left on device: standard output\n")

    def test_help_is_help_under_both_of_its_names(self):
        for argument in ("-h", "--help"):
            done = self.run_driver(argument)
            self.assertEqual(done.returncode, 0)
            self.assertIn("usage: ./jiffy bench", done.stdout)

    def test_results_are_rendered_anew(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "old.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(results(result_row(jiffy=20, go=50)), file)
            done = self.run_driver(f"--from={path}", f"--out={folder}/new")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sorted(os.listdir(f"{folder}/new")),
                             ["RESULTS.md", "chart.svg", "results.json"])
            with open(f"{folder}/new/results.json", encoding="utf-8") as file:
                self.assertEqual(json.load(file), results(result_row(jiffy=20, go=50)))

    def test_a_file_of_no_results_is_named(self):
        for text, message in [
            ("{}", "is no results.json: it lacks date, repetitions"),
            ("[]", "is no results.json: it lacks date"),
            ("{", "is no JSON"),
            (None, "No such file"),
        ]:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "old.json")
                if text is not None:
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
                done = self.run_driver(f"--from={path}", f"--out={folder}/new")
                self.assertEqual(done.returncode, 1)
                self.assertIn(message, done.stderr)
                self.assertFalse(os.path.exists(f"{folder}/new"))


class MeasureTest(unittest.TestCase):
    def test_who_starts_changes_with_each_repetition(self):
        program = FakeProgram({"a": 1, "b": 2})
        measure.run_benchmark("x", {"a": program, "b": program}, 3, 1, False, silent)
        self.assertEqual(program.asked, ["x/a", "x/b", "x/b", "x/a", "x/a", "x/b"])

    def test_one_that_fails_is_told_and_not_asked_again(self):
        program = FakeProgram({"a": 1, "b": "no such luck"})
        samples, errors = measure.run_benchmark(
            "x", {"a": program, "b": program}, 3, 1, False, silent
        )
        self.assertEqual(errors, {"b": "no such luck"})
        self.assertEqual(list(samples), ["a"])
        self.assertEqual(program.asked.count("x/b"), 1)

    def test_times_become_the_unit_of_the_row(self):
        program = FakeProgram({"jiffy": 2500})
        samples, _ = measure.run_benchmark("x", {"jiffy": program}, 1, 1, False, silent)
        row = rows.Row("x", "x", "ms", scale=1e6)
        self.assertEqual(measure.summarise(row, samples)["jiffy"]["median"], 2.5)

    def test_counters_of_a_benchmark_together_are_contestants(self):
        row = rows.Row("x", "x", "%", field="jiffy empty_handler")
        figures = {"cpu_time": 1, "jiffy": 3, "empty_handler": 2, "other": 1}
        summaries = measure.summarise(row, {rows.TOGETHER: [figures]})
        self.assertEqual({name: s["median"] for name, s in summaries.items()},
                         {"jiffy": 3, "empty_handler": 2})

    def test_median_and_middle_half(self):
        summary = measure.summary([9, 1, 2, 3, 4])
        self.assertEqual((summary["median"], summary["low"], summary["high"]), (3, 2, 4))

    def test_names_lose_what_google_benchmark_appends(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "fake")
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho ring/2/pth/process_time\n"
                           "echo skynet/jiffy/iterations:1/process_time\n")
            os.chmod(path, 0o700)
            self.assertEqual(measure.GoogleBenchmark(path).names(),
                             ["ring/2/pth", "skynet/jiffy"])

    def late(self, command):
        """What is said of a command that never ends. It may take a while until it is
        ready to be asked."""
        for timeout_s in (0.5, 2, 8, 32):
            with self.assertRaises(measure.Failed) as caught:
                measure._run(command, pinned=False, timeout_s=timeout_s)
            if "it said:" in str(caught.exception):
                break
        return str(caught.exception)

    def test_one_of_ours_that_hangs_says_which_thread_waits_for_what(self):
        said = self.late(["examples/trouble", "hang"])
        self.assertRegex(said, r"took more than [\d.]+ s; asked what its threads do, it said:")
        self.assertRegex(said, r"'sell' \(#\d+\) waits for a mutex .* held by 'refill'")
        self.assertRegex(said, r"'refill' \(#\d+\) waits for an Event")

    def test_what_a_late_program_says_is_kept_to_its_ends(self):
        said = self.late([sys.executable, "-c", (
            "import signal, sys, time\n"
            "signal.signal(signal.SIGQUIT,"
            " lambda *_: print(*range(1000), sep='\\n', file=sys.stderr, flush=True)"
            " or sys.exit(0))\n"
            "while True: time.sleep(1)")])
        self.assertIn("said:\n0\n1\n", said)
        self.assertIn("\n199\n... (600 lines more)\n800\n", said)
        self.assertTrue(said.endswith("\n999"))

    def test_a_late_program_that_says_nothing_is_ended_all_the_same(self):
        with unittest.mock.patch.object(measure, "DUMP_S", 0.2):
            for command in (["sleep", "1000"],
                            ["sh", "-c", "trap '' QUIT; while :; do sleep 0.1; done"]):
                with self.assertRaisesRegex(measure.Failed, "said nothing"):
                    measure._run(command, pinned=False, timeout_s=0.2)

    def test_a_program_that_fails_says_its_last_line(self):
        with self.assertRaisesRegex(measure.Failed, "status 3: alas"):
            measure._run(["sh", "-c", "echo no; echo alas >&2; exit 3"], pinned=True)


class TableTest(unittest.TestCase):
    def test_the_ratio_is_to_the_best_that_is_not_jiffy(self):
        row = result_row(jiffy=20, jiffy_shared_tls=1, pth=100, go=50)
        self.assertEqual(table.best_peer(row), ("go", 50))
        self.assertEqual(table.ratio(row), 2.5)

    def test_without_a_peer_there_is_no_ratio(self):
        row = result_row(jiffy=20)
        self.assertIsNone(table.ratio(row))
        self.assertIn("yield, ring of 2, ns", table.terminal(results(row)))

    def test_goals_reached_and_missed(self):
        goals = [rows.Goal("ring/2", 10, limit="the thread pointer"),
                 rows.Goal("ring/2", 10, above="go")]
        with unittest.mock.patch.object(rows, "GOALS", goals):
            text = table.markdown(results(result_row(jiffy=20, go=15)))
        self.assertIn("| yield, ring of 2, ns | 10.0 | 20.0 | no | the thread pointer |", text)
        self.assertIn("| yield, ring of 2, above Go, ns | 10.0 | 5 | yes |  |", text)

    def test_what_was_not_measured_is_told(self):
        text = table.markdown(results(failures={"ring/2/pth": "alas"}))
        self.assertIn("- ring/2/pth: alas", text)

    def test_a_failure_of_many_lines_is_told_as_it_was_said(self):
        text = table.markdown(results(failures={"skynet/jiffy": "late:\n'main' waits\n  0x1"}))
        self.assertIn("- skynet/jiffy: late:\n  ```\n  'main' waits\n    0x1\n  ```\n", text)

    def test_a_matrix_has_gaps_where_nothing_was_measured(self):
        matrix = {"id": "policy/yield", "title": "a yield",
                  "ns": {"rr": {"10": 2.5, "100": 2.5}, "linux-0.01": {"10": 10}}}
        text = table.markdown(results(matrices=[matrix]))
        self.assertIn("| linux-0.01 | 10.0 | - |", text)

    def test_the_chart_is_well_formed_and_cuts_long_bars(self):
        text = chart.svg(results(result_row(jiffy=1, go=2, pth=1000)))
        xml.etree.ElementTree.fromstring(text)
        self.assertIn("GNU Pth 1,000 ns (1,000 times)", text)


if __name__ == "__main__":
    unittest.main()
