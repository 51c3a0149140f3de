"""./jiffy bench: builds, measures, prints the table, writes the results."""

import argparse
import datetime
import json
import pathlib
import sys

import build
import machine
import measure
import rows
import table


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./jiffy bench",
        description="Measures jiffy beside other libraries, prints a table and writes "
        "results.json and RESULTS.md into a folder.",
    )
    parser.add_argument(
        "filter", nargs="*", help="regular expressions; rows that match one are measured"
    )
    parser.add_argument("--list", action="store_true", help="print the rows and end")
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path("bench-results"),
        help="folder to write to, made if it is missing (default: %(default)s)",
    )
    parser.add_argument(
        "--repetitions", type=int, default=7, help="of each row (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.05,
        help="that each repetition measures, at least (default: %(default)s)",
    )
    arguments = parser.parse_args()
    if not 1 <= arguments.repetitions <= 1000:
        parser.error(f"--repetitions is {arguments.repetitions}; allowed: 1 to 1000")
    if not 0 < arguments.seconds <= 60:
        parser.error(f"--seconds is {arguments.seconds:g}; allowed: above 0, to 60")
    if arguments.out.exists() and not arguments.out.is_dir():
        parser.error(f"--out is '{arguments.out}', which is no folder")
    return arguments


def say(text):
    """Shows progress to somebody who watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def measure_rows(chosen, sources, arguments):
    """Returns the rows with what was measured, and what could not be."""
    contestants = measure.contestants(sources)
    measured = {}
    failures = {}
    result = []
    for row in chosen:
        if row.memory_gib > machine.free_gib():
            failures[row.id] = (
                f"needs {row.memory_gib} GiB of free memory, there are "
                f"{machine.free_gib()}"
            )
            continue
        if row.source not in measured:
            peers = contestants.get(row.source, {})
            samples, errors = measure.run_benchmark(
                row.source,
                peers,
                row.repetitions or arguments.repetitions,
                arguments.seconds,
                row.pinned,
                say,
            )
            measured[row.source] = samples
            failures |= {f"{row.source}/{peer}": why for peer, why in errors.items()}
        result.append(
            {
                "id": row.id,
                "title": row.title,
                "unit": row.unit,
                "ours": row.ours,
                "contestants": measure.summarise(row, measured[row.source]),
            }
        )
    say("")
    return result, failures


def main():
    arguments = parse_arguments()
    if arguments.list:
        for row in rows.ROWS:
            print(f"{row.id:24} {row.title}, {row.unit}")
        return 0
    try:
        chosen = rows.select(arguments.filter)
    except rows.UnknownRow as error:
        print(f"jiffy: bench: {error}", file=sys.stderr)
        return 2
    try:
        say("Building the benchmarks...")
        (suite,) = build.targets("//bench/suite:suite")
        go = build.go_program()
    except build.Failed as error:
        print(f"jiffy: bench: {error}", file=sys.stderr)
        return 1
    sources = [measure.GoogleBenchmark(suite)]
    if go:
        program, go_folder = go
        sources.append(measure.Go(program))
    results = {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "repetitions": arguments.repetitions,
        "machine": machine.describe(),
        "versions": machine.versions(),
    }
    results["rows"], results["failures"] = measure_rows(chosen, sources, arguments)
    print(table.terminal(results))
    for name, why in results["failures"].items():
        print(f"jiffy: bench: {name} was not measured: {why}", file=sys.stderr)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (arguments.out / "RESULTS.md").write_text(table.markdown(results))
    print(f"\nWritten: {arguments.out}/results.json, {arguments.out}/RESULTS.md")
    return 1 if results["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
