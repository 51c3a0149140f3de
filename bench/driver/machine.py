"""What the figures were taken on."""

import os
import platform
import re
import subprocess

import rows


def _first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.split("\n", 1)[0].strip()


def _package_version(package):
    return _first_line("dpkg-query", "-W", "-f=${Version}\n", package)


def _gib(field):
    with open("/proc/meminfo", encoding="utf-8") as file:
        found = re.search(rf"^{field}:\s*(\d+) kB$", file.read(), re.MULTILINE)
    return round(int(found.group(1)) / 2**20) if found else 0


def free_gib():
    """Memory that programs could have now."""
    return _gib("MemAvailable")


def _virtual():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return "hypervisor" in file.read()


def describe():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": _gib("MemTotal"),
        "virtual": _virtual(),
        "kernel": platform.release().split("-")[0],
        "load": os.getloadavg()[0],
    }


def versions():
    found = {"g++": _first_line("g++", "-dumpfullversion")}
    for contestant in rows.CONTESTANTS.values():
        if contestant.package:
            version = _package_version(contestant.package)
            if version:
                found[contestant.package] = version
    return found
