"""What the browser tests share: pages of real runs, the same runs as traces, and a
main() that tells Bazel of each case. Without a browser every case is skipped.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.sax.saxutils

sys.path.insert(0, "tools/page")
import devtools  # noqa: E402 (found by the line above)

LAB = "tools/lab/lab"
DEMO = "examples/demo"
WORKLOADS = "examples/workloads"
WINDOW = (1280, 800)

_folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
FOLDER = pathlib.Path(_folder.name)


def run(*command):
    """Runs a program and returns what it prints; an error is an exception."""
    return subprocess.run([str(word) for word in command], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def lab_page(name, files, policies, *options):
    """Writes a page and returns its path and what the lab printed."""
    path = FOLDER / f"{name}.html"
    words = [word for policy in policies for word in ("--policy", policy)]
    return path, run(LAB, *files, *words, *options, "--html", path)


class Slice:
    """A stretch of a task on the CPU, from a CSV trace."""

    def __init__(self, task, start, end, state):
        self.task, self.start, self.end, self.state = task, start, end, state


def csv_slices(file, policy):
    """Returns the slices of a run on one CPU that ended within it."""
    slices, task, start = [], "idle", 0
    for row in run(LAB, file, "--policy", policy, "--csv", "-").splitlines()[1:]:
        time, _, prev, state, following = row.split(",")
        assert prev == task, row
        if prev != "idle":
            slices.append(Slice(prev, start, int(time), state))
        task, start = following, int(time)
    return slices


class Decision:
    """What --explain prints of a decision."""

    def __init__(self, reason):
        self.reason, self.chosen, self.candidates = reason, None, []


def explained(file, policy):
    """Returns the decisions of a run by their time in microseconds; of several at
    one instant the last."""
    decisions = {}
    for line in run(LAB, file, "--policy", policy, "--explain").splitlines():
        head = re.match(r" *(\d+)\.(\d{3}) ms  cpu \d+  (.*)", line)
        candidate = re.match(r" {15}([ >]) (\S+) *(.*)", line)
        if head:
            last = decisions[int(head[1] + head[2])] = Decision(head[3])
        elif candidate and candidate[2] != "and":
            last.candidates.append((candidate[2], candidate[3].strip()))
            if candidate[1] == ">":
                last.chosen = candidate[2]
    return decisions


def spaced(text):
    """Puts the narrow and the unbreakable spaces that pages use on a level."""
    return re.sub(r"[\u00a0\u202f]", lambda m: "" if m[0] == "\u202f" else " ", text)


def ms(us):
    return f"{us / 1000:.3f}"


class PageTest(unittest.TestCase):
    """A test with a browser, which must not complain nor ask for anything."""

    browser = None

    @classmethod
    def setUpClass(cls):
        if devtools.find() is None:
            raise unittest.SkipTest("no Chromium is installed")
        cls.browser = devtools.Browser(*WINDOW)

    @classmethod
    def tearDownClass(cls):
        if cls.browser:
            cls.browser.__exit__()

    def open(self, path):
        self.browser.open(path)
        self.urls.add(pathlib.Path(path).resolve().as_uri())

    def setUp(self):
        browser = self.browser
        self.urls = set()
        browser.console.clear(), browser.exceptions.clear(), browser.requests.clear()
        browser.resize(*WINDOW)
        browser.set_dark(False)

    def tearDown(self):
        self.browser.settle()
        self.assertEqual(self.browser.console, [])
        self.assertEqual(self.browser.exceptions, [])
        self.assertEqual(set(self.browser.requests), self.urls)

    def js(self, expression):
        return self.browser.evaluate(expression)

    def text(self, selector):
        return spaced(self.js(f"document.querySelector({selector!r}).innerText"))

    def range(self):
        return self.js("jiffyPage.range()")

    def place(self, run_number, task, us):
        """Scrolls a time of a task into sight and returns where it is."""
        self.js(f"document.querySelector('[data-run=\"{run_number}\"]')"
                ".scrollIntoView({block: 'center', behavior: 'instant'})")
        self.browser.settle()
        place = self.js(f"jiffyPage.place({run_number}, {task!r}, {us})")
        return place["x"], place["y"]

    def tip(self):
        """Returns the lines of the box at the pointer; nothing if it is not there."""
        if self.js("document.getElementById('tip').hidden"):
            return None
        lines = self.text("#tip").splitlines()
        return [line for line in lines if line.strip() not in ("", "×")]


class _Result(unittest.TextTestResult):
    """Remembers the cases as GoogleTest's XML has them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.cases = []

    def _note(self, test, body="", attributes='status="run" result="completed"'):
        names = test.id().rsplit(".", 2)  # MODULE.CLASS.CASE
        if "(" in names[-1]:  # setUpClass (MODULE.CLASS)
            names = ["", names[-1].strip("()"), "setUpClass"]
        self.cases.append(
            f"    <testcase name={xml.sax.saxutils.quoteattr(names[-1])} "
            f"classname={xml.sax.saxutils.quoteattr(names[-2])} {attributes}>"
            f"{body}</testcase>")

    def addSuccess(self, test):
        super().addSuccess(test)
        self._note(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._note(test, f"<skipped message={xml.sax.saxutils.quoteattr(reason)}/>",
                   'status="run" result="skipped"')

    def _note_failure(self, test, error):
        text = self._exc_info_to_string(error, test).replace("]]>", "]] >")
        self._note(test, f"\n      <failure><![CDATA[{text}]]></failure>\n    ")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note_failure(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._note_failure(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note_failure(test, err)


def lacking():
    """Returns what the tests need that is not installed, or None."""
    return "no Chromium is installed" if devtools.find() is None else None


def main(lacks=lacking()):
    """Runs the cases of the calling script; ends the program. If something is
    lacking they are skipped."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    tests = [test for group in suite for test in group]
    if lacks is not None:
        suite = unittest.TestSuite(
            unittest.skip(lacks)(type(test))(test._testMethodName) for test in tests)
    result = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=_Result).run(suite)
    output = os.environ.get("XML_OUTPUT_FILE")
    if output:
        pathlib.Path(output).write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite>\n'
            + "\n".join(result.cases) + "\n  </testsuite>\n</testsuites>\n")
    _folder.cleanup()
    sys.exit(not result.wasSuccessful())
