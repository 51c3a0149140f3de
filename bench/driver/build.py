"""Builds what is measured."""

import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    pass


def _quietly(command, cwd=ROOT, env=None):
    done = subprocess.run(
        command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise Failed(f"{done.stdout}\n'{' '.join(command)}' failed")


def targets(*labels):
    """Builds with optimisation; returns the binaries' paths."""
    _quietly([str(ROOT / "jiffy"), "build", "-c", "opt", *labels])
    return [
        str(ROOT / "bazel-bin" / label.removeprefix("//").replace(":", "/"))
        for label in labels
    ]


def go_program():
    """Builds bench/go into a folder of its own and returns the two, the folder to
    be kept as long as the program; None where Go is not installed."""
    if shutil.which("go") is None:
        return None
    folder = tempfile.TemporaryDirectory(prefix="jiffy-bench-")
    program = os.path.join(folder.name, "bench")
    # Nothing may be downloaded.
    env = os.environ | {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    _quietly(["go", "build", "-o", program, "."], cwd=ROOT / "bench" / "go", env=env)
    return program, folder
