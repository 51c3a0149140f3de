#!/usr/bin/env python3
"""tools/jiffy-gdb.py in a real gdb, on the program subject.cc."""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

SUBJECT = os.path.abspath("tests/gdb/subject")
INTERPOSED = SUBJECT + "_interposed"
SCRIPT = os.path.abspath("tools/jiffy-gdb.py")
FOLDER = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))


def gdb(*commands, program=(SUBJECT,), script=True):
    """What gdb prints for the commands; an error does not keep it from the next."""
    words = ["gdb", "-q", "-nx", "-batch"]
    if script:
        words += ["-ex", f"source {SCRIPT}"]
    for command in ("set debuginfod enabled off", "set width 0", "set confirm off",
                    "set print frame-arguments all") + commands:
        words += ["-ex", command]
    return subprocess.run(words + ["--args", *program], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False).stdout


def stopped(*commands, program=SUBJECT, arguments=()):
    """The same, once main, waiter and the two spinners are there."""
    return gdb("break Stop", "run", *commands, program=(program, *arguments))


def python_file(name, text):
    """The command that runs a script of gdb's own Python."""
    path = FOLDER / name
    path.write_text(text)
    return f"source {path}"


# Checks what holds wherever the program stands: each thread's backtrace leads to
# its function. The one on the CPU may be about to start or to end.
CHECK_ALL = """
import gdb
BODIES = {"main": "Main", "waiter": "Lock", "spin-a": "Spin", "spin-b": "Spin",
          "stepper": "Step"}
def check_all():
    jiffy = gdb.jiffy_module
    worker = jiffy["find_worker"]()
    seen = 0
    for task in worker.tasks():
        if task.is_new:
            continue
        with jiffy["Showing"](task) as showing:
            names = []
            frame = gdb.newest_frame()
            while frame is not None and len(names) < 100:
                names.append(str(frame.name()))
                frame = frame.older()
        if not any(name.startswith("jiffy_switch") for name in names[-1:]):
            print("FAILED: no end", task.name, names)
        if not showing.running and not any(BODIES[task.name] in name for name in names):
            print("FAILED: no body", task.name, showing.running, names)
        seen += 1
    return seen
"""
# The script's names are gdb's __main__.
GIVE_NAMES = "python gdb.jiffy_module = globals()"


class LiveTest(unittest.TestCase):
    def test_info_tells_each_thread(self):
        out = stopped("info jiffy")
        self.assertRegex(out, r"5 threads on worker \d+, scheduler RoundRobin")
        self.assertRegex(out, r"\* 1 +main +running +\d+ +Stop at subject.cc:\d+")
        self.assertRegex(
            out, r" 2 +waiter +blocked +\d+ +Lock at subject.cc:\d+; waits for mutex at "
            r"0x[0-9a-f]+ held by 'main' \(#1\) since")
        self.assertRegex(out, r" 3 +spin-a +preempted +[1-9]\d* +(Spin|Check) at subject")
        self.assertRegex(
            out, r" 4 +spin-b +preempted +[1-9]\d* +(Spin|Check) at subject.cc:\d+; nice 5")
        self.assertRegex(out, r" 0 +idle +idle +0")
        self.assertRegex(out, r" 5 +stepper +new +0 +not started")
        self.assertNotIn("Error", out)

    def test_info_tells_since_when_a_thread_waits(self):
        out = stopped(GIVE_NAMES, "info jiffy", python_file("since.py", """
task = gdb.jiffy_module["find_worker"]().find("waiter")
print("began", int(task.value["wait_since"]))
"""))
        now = int(re.search(r"(\d+) jiffies of 1 ms", out).group(1))
        began = int(re.search(r"began (\d+)", out).group(1))
        self.assertIn(f"held by 'main' (#1) since {now - began} ms", out)
        self.assertLess(began, now - began)

    def test_info_tells_what_the_policy_keeps(self):
        out = stopped("info jiffy", arguments=["--cfs"])
        # Under this policy it has its stack from the beginning.
        self.assertRegex(out, r" 5 +stepper +new +0 +not started")
        self.assertIn("scheduler Cfs", out)
        self.assertRegex(out, r" 4 +spin-b .*; nice 5, vruntime \d+, weight \d+, on_rq true")

    def test_info_tells_who_is_joined(self):
        out = stopped("info jiffy", arguments=["--joiner"])
        self.assertRegex(out, r" 5 +joiner +blocked .*; joins #2 since \d+ ms")

    def test_info_while_the_cpu_idles(self):
        out = gdb("break jiffy::internal::Worker::IdleWait", "run", "info jiffy",
                  "jiffy bt main", program=(SUBJECT, "--idle"))
        self.assertRegex(out, r"\* 0 +idle +idle +0")
        self.assertRegex(out, r"  1 +main +blocked +\d+ +Main at .*; waits for sleep since")
        self.assertRegex(out, r"#\d+ .* in Main\(\) ")

    def test_info_tells_who_holds_a_mutex_of_libc(self):
        out = stopped("info jiffy", program=INTERPOSED, arguments=["--libc_mutex"])
        self.assertRegex(
            out, r" 5 +libc-waiter +blocked +\d+ +(?!pthread|__g|std::)\S.*; waits for libc mutex at 0x[0-9a-f]+ held"
            r" by 'main' \(#1\) since")
        self.assertRegex(out, r" 2 +waiter +blocked .* held by 'main' \(#1\) since")

    def test_bt_of_a_waiting_thread_leads_to_its_start(self):
        out = stopped("jiffy bt waiter")
        bodies = re.findall(r"Lock\(jiffy::Mutex&, int\) \(.*depth=(?:depth@entry=)?(\d)\)",
                            out)
        self.assertEqual(bodies, ["0", "1", "2"])
        self.assertNotIn("#0 ", out.split("Green thread")[1])
        last = [line for line in out.splitlines() if line.startswith("#")][-1]
        self.assertIn("jiffy_switch", last)
        self.assertNotIn("corrupt", out)

    def test_bt_of_a_preempted_thread_leads_through_the_handler(self):
        out = stopped("jiffy bt spin-a")
        self.assertIn("<signal handler called>", out)
        self.assertRegex(out, r"Spin\(int\) \(mine=100\)")

    def test_apply_all_shows_every_thread(self):
        out = stopped("jiffy apply all bt")
        for number, name in enumerate(["main", "waiter", "spin-a", "spin-b"], 1):
            self.assertIn(f"Green thread '{name}' (#{number})", out)
        self.assertIn("(mine=100)", out)
        self.assertIn("(mine=200)", out)
        self.assertIn("Main() ", out)
        self.assertIn("not started yet", out)

    def test_thread_has_its_frames_locals_and_thread_locals(self):
        out = stopped("jiffy thread waiter", "info locals", "up", "info locals", "down",
                      "jiffy print number", "jiffy thread 3", "jiffy print number + 1",
                      "jiffy print &number", "jiffy thread 4", "jiffy print number",
                      "jiffy thread", "jiffy print number", "print number")
        self.assertIn("Switched to green thread 'waiter' (#2), blocked", out)
        self.assertIn("local = 1000", out)
        self.assertIn("local = 1001", out)
        self.assertIn("$1 = 7\n", out)
        self.assertIn("$2 = 101\n", out)
        self.assertRegex(out, r"\$3 = \(int \*\) 0x")
        self.assertIn("$4 = 200\n", out)
        self.assertIn("On the CPU: green thread 'main' (#1)", out)
        self.assertIn("$5 = 1\n", out)
        self.assertIn("$6 = 1\n", out)

    def test_apply_some_shows_those_in_their_order(self):
        out = stopped("jiffy apply 4 2 jiffy print number")
        self.assertEqual(re.findall(r"Green thread '(.*?)'|= (\d+)\n", out),
                         [("spin-b", ""), ("", "200"), ("waiter", ""), ("", "7")])

    def test_looking_at_others_keeps_the_frame_and_says_nothing_of_it(self):
        marks = ["echo ----\\n"]
        look = ["frame"] + marks + ["info jiffy"] + marks + ["jiffy bt spin-a"] + marks + [
            "frame"]
        out = stopped("up", *marks, *look, *marks, "jiffy thread waiter", "up",
                      *marks, *look).split("----\n")
        for name, parts in (("Main", out[1:5]), ("Lock", out[6:10])):
            before, info, backtrace, after = parts
            self.assertRegex(before, r"^#\d+ .* %s \(" % name)
            self.assertEqual(before, after)
            self.assertNotIn("#", re.sub(r"\(#\d+\)", "", info))
            self.assertIn("Spin(int) (mine=100)", backtrace)
        self.assertRegex(out[7], r"> 2 +waiter ")

    def test_going_on_shows_what_runs_then(self):
        out = stopped("jiffy thread waiter", "break Check", "continue", "bt")
        frames = out.split("hit Breakpoint 2")[1]
        self.assertRegex(frames, r"#1 .* in (Spin|Step|Lock)")
        self.assertNotIn("jiffy_switch_suspended", frames)
        self.assertEqual(frames.count("#0 "), 1)

    def test_print_of_another_thread_says_whose_variables_it_shows(self):
        out = stopped("jiffy thread waiter", "print 1 + 1", "print 2 + 2")
        self.assertEqual(out.count("note: thread_local variables here"), 1)

    def test_looking_touches_no_register_and_the_program_goes_on(self):
        out = stopped("info registers", "echo ----\\n", "jiffy thread waiter", "up",
                      "jiffy apply all bt", "jiffy thread", "echo ----\\n",
                      "info registers", "echo ----\\n", "jiffy thread spin-a",
                      "delete", "continue")
        before, _, after, end = (out[out.index("rax "):]).split("----\n")
        self.assertEqual(before, after)
        self.assertIn("mixed up: 0", end)
        self.assertIn("exited normally", end)

    def test_stepping_a_thread_that_does_not_run_is_refused(self):
        out = stopped("jiffy thread waiter", "next", "finish", "stepi", "jiffy thread",
                      "next")
        self.assertEqual(out.count("green thread #2 does not run"), 3)
        self.assertEqual(out.count("Main () at tests/gdb/subject.cc"), 1)

    def expect_all_seen(self, out):
        failed = [line for line in out.splitlines() if "FAILED" in line]
        self.assertEqual(failed, [])

    def test_in_the_handler(self):
        out = stopped("delete", GIVE_NAMES, "break jiffy_tick_in_handler", "continue",
                      python_file("handler.py", CHECK_ALL +
                                  "print('checked', check_all())"))
        self.expect_all_seen(out)
        self.assertRegex(out, r"checked [45]")

    def step_through_the_switch(self, condition):
        """How many places of the switch were seen."""
        out = stopped(
            "delete", GIVE_NAMES, python_file("switch.py", CHECK_ALL + f"""
class AtSwitch(gdb.Breakpoint):
    def stop(self):
        rsi = gdb.newest_frame().read_register("rsi")
        task = rsi.cast(gdb.lookup_type("jiffy::internal::Task").pointer())
        return {condition}
at_switch = AtSwitch("*jiffy_switch")
gdb.execute("continue")
at_switch.delete()
gdb.execute("handle SIGALRM nopass", to_string=True)
places = set()
for step in range(60):
    check_all()
    if gdb.newest_frame().name() == "jiffy_switch":
        places.add(gdb.newest_frame().pc())
    gdb.execute("stepi", to_string=True)
print("places", len(places))
"""))
        self.expect_all_seen(out)
        found = re.search(r"places (\d+)", out)
        self.assertIsNotNone(found, out[-2000:])
        return int(found.group(1))

    def test_at_each_instruction_of_a_switch(self):
        self.assertGreaterEqual(self.step_through_the_switch("True"), 25)

    def test_at_each_instruction_of_a_switch_to_a_new_thread(self):
        places = self.step_through_the_switch("int(task['context']['entry']) != 0")
        self.assertGreaterEqual(places, 25)

    def test_next_over_a_yield_stays_with_the_thread(self):
        out = stopped("break Step", "delete 1", "continue", "next", "next", "next",
                      "next", "next", "print $jiffy_name()", "jiffy print number")
        self.assertIn('= "stepper"', out)
        self.assertIn("= 9\n", out)
        self.assertRegex(out, r"\n\d+\t  Check\(9\);")

    def test_finish_slice_comes_back_to_the_thread(self):
        out = stopped("break Step", "delete 1", "continue", "jiffy finish-slice",
                      "print $jiffy_name()")
        self.assertIn("[Green thread 'stepper' (#5) runs again]", out)
        self.assertIn("Step () at tests/gdb/subject.cc", out)
        self.assertIn('= "stepper"', out)

    def test_finish_slice_of_a_thread_that_does_not_run(self):
        out = stopped("delete", "jiffy thread spin-b", "jiffy finish-slice",
                      "print $jiffy_name()", "jiffy print number")
        self.assertIn("[Green thread 'spin-b' (#4) runs again]", out)
        self.assertIn('= "spin-b"', out)
        self.assertIn("= 200\n", out)

    def test_breakpoint_for_one_thread(self):
        for thread, mine in (("spin-b", 200), ("3", 100)):
            out = stopped("delete", "set var hold = true",
                          f"jiffy break Check thread {thread}", "continue", "continue")
            self.assertEqual(re.findall(r"Check \(expected=.*?(\d+)\)", out),
                             [str(mine)] * 2)

    def test_shared_tls(self):
        out = stopped("info jiffy", "jiffy bt waiter", "jiffy bt spin-a",
                      "jiffy thread spin-b", "jiffy print number", "delete", "continue",
                      arguments=["--shared_tls"])
        self.assertRegex(out, r"\* 1 +main +running")
        self.assertIn("(mine=100)", out)
        self.assertIn("Lock(jiffy::Mutex&, int)", out)
        # Threads share it there, so they are mixed up.
        self.assertRegex(out, r"\$1 = \d+\n")
        self.assertIn("mixed up", out)


class CoreTest(unittest.TestCase):
    def test_all_threads_are_in_a_core_file(self):
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if not re.fullmatch(r"[\w.]*", pattern.replace("%p", "")):
            self.skipTest(f"the kernel does not leave core files here, but: {pattern}")
        folder = FOLDER / "cores"
        folder.mkdir()
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        subprocess.run([SUBJECT, "--crash"], cwd=folder, check=False, preexec_fn=lambda:
                       resource.setrlimit(resource.RLIMIT_CORE, unlimited))
        core, = folder.iterdir()
        out = gdb(f"core-file {core}", "info jiffy", "jiffy bt waiter",
                  "jiffy thread spin-a", "jiffy print number", "jiffy thread waiter",
                  "jiffy print number", "info locals", "jiffy thread",
                  "frame function Main", "jiffy print number")
        core.unlink()
        self.assertRegex(out, r"\* 1 +main +running +\d+ ")
        self.assertRegex(out, r" 3 +spin-a +preempted")
        self.assertIn("depth=depth@entry=2", out)
        self.assertIn("local = 1000", out)
        self.assertEqual(re.findall(r"\$\d+ = (\d+)\n", out), ["100", "7", "1"])


class ErrorTest(unittest.TestCase):
    def error(self, out):
        lines = [line for line in out.splitlines() if line.startswith("jiffy: ")]
        self.assertEqual(len(lines), 1, out)
        return lines[0]

    def test_program_without_symbols(self):
        path = FOLDER / "stripped"
        shutil.copy(SUBJECT, path)
        path.chmod(0o755)
        subprocess.run(["strip", str(path)], check=True)
        out = gdb("info jiffy", program=(str(path),))
        self.assertIn("was stripped", self.error(out))
        self.assertNotIn("Traceback", out)

    def test_before_the_run(self):
        self.assertIn("does not run", self.error(gdb("info jiffy")))
        out = gdb("break main", "run", "info jiffy")
        self.assertIn("no run is under way", self.error(out))

    def test_unknown_thread(self):
        self.assertIn("no thread 'nobody'", self.error(stopped("jiffy bt nobody")))
        self.assertIn("no thread '77'", self.error(stopped("jiffy thread 77")))
        twins = stopped("jiffy bt spin", arguments=["--twins"])
        self.assertIn("2 threads are called 'spin': #3, #4; take a number",
                      self.error(twins))
        self.assertIn("not started", self.error(stopped("jiffy thread stepper")))
        self.assertIn("usage: jiffy break", self.error(stopped("jiffy break Check")))
        self.assertIn("usage: jiffy apply", self.error(stopped("jiffy apply all")))


class AutoLoadTest(unittest.TestCase):
    def test_script_comes_with_the_program(self):
        words = ["gdb", "-q", "-nx", "-batch",
                 "-iex", f"add-auto-load-safe-path {os.path.realpath(SUBJECT)}",
                 "-ex", "info auto-load python-scripts", "-ex", "info jiffy", SUBJECT]
        out = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False).stdout
        self.assertIn("jiffy: the program does not run", out)
        self.assertNotIn("declined", out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
