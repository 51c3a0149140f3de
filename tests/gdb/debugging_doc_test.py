#!/usr/bin/env python3
"""Runs each command of docs/debugging.md as it is written there, and holds what it
prints against what the page says."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path.cwd()
PAGE = (HERE / "docs/debugging.md").read_text()
# What is not to be done in a test, or needs no doing.
NO_BUILD = "bazel() { :; }\n"
# Waits for a sign of life instead of a time: that all have begun, that the dump
# came to its end.
WAIT = """sleep() {
  slept=$((slept + 1))
  sign='open for business'
  [ "$slept" = 1 ] || sign='Hang()'
  for i in $(seq 600); do
    if grep -qF "$sign" output; then return; fi
    command sleep 0.1
  done
}
"""


def may_attach():
    """Whether the kernel lets a debugger attach to what is not its child."""
    scope = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
    return os.geteuid() == 0 or not scope.exists() or scope.read_text().strip() == "0"


def blocks():
    """The commands of the page, each with what it says they print."""
    found = re.findall(r"^```sh\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", PAGE, re.M | re.S)
    return [(commands, output.splitlines()) for commands, output in found]


def pattern(line):
    """An expression for the line, whatever its numbers and gaps are."""
    rest = line.endswith("...")
    parts = re.split(r"(0x[0-9a-f]+|\d+(?:[um]?s\b)?|\s+)", line[:-3].rstrip() if rest else line)
    kinds = {"0": "(?:0x[0-9a-f]+|\\d+(?:[um]?s)?)", " ": "\\s+"}
    text = "".join(
        kinds["0"] if part[:1].isdigit() else kinds[" "] if part.isspace() else
        re.escape(part) for part in parts)
    return re.compile(text + ("" if rest else r"\s*$"))


class PageTest(unittest.TestCase):
    def run_block(self, commands):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            root = pathlib.Path(folder)
            (root / "bazel-bin").mkdir()
            (root / "bazel-bin/examples").symlink_to(HERE / "examples")
            for name in ("examples", "tools"):
                (root / name).symlink_to(HERE / name)
            env = dict(os.environ, HOME=folder, DEBUGINFOD_URLS="")
            with open(root / "output", "w", encoding="utf-8") as output:
                subprocess.run(["bash", "-c", NO_BUILD + WAIT + commands], cwd=root,
                               stdin=subprocess.DEVNULL, stdout=output,
                               stderr=subprocess.STDOUT, check=False, env=env)
            return (root / "output").read_text().splitlines()

    def test_commands_print_what_the_page_says(self):
        self.assertGreaterEqual(len(blocks()), 6)
        for commands, expected in blocks():
            with self.subTest(commands=commands):
                if " -p " in commands and not may_attach():
                    self.skipTest("the kernel lets nobody attach")
                printed = self.run_block(commands)
                at = 0
                for line in expected:
                    if line.strip() in ("...", ""):
                        continue
                    found = [i for i in range(at, len(printed))
                             if pattern(line).match(printed[i])]
                    self.assertTrue(found, f"{line!r} is not in\n" + "\n".join(printed))
                    at = found[0] + 1


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
