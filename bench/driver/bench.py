"""./jiffy bench: builds, measures, prints the table, writes the results."""

import argparse
import datetime
import json
import os
import pathlib
import sys

import build
import chart
import machine
import measure
import rows
import table

# What results.json holds.
KEYS = ("date", "repetitions", "machine", "versions", "rows", "failures", "matrices",
        "instructions")


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message, file=None):
        # argparse's own drops what cannot be written without a word.
        if message:
            (file or sys.stderr).write(message)


def parse_arguments():
    parser = _Parser(
        prog="./jiffy bench",
        description="Measures jiffy beside other libraries, prints a table and writes "
        "results.json, RESULTS.md and chart.svg into a folder.",
    )
    parser.add_argument(
        "row",
        nargs="*",
        help="regular expressions; rows that match one are measured (default: all)",
    )
    parser.add_argument("--list", action="store_true", help="print the rows and end")
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        help="folder to write to, made if it is missing (default: bench-results)",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="write to bench/ of the source tree, where README.md's figures come from",
    )
    parser.add_argument(
        "--from",
        dest="results",
        type=pathlib.Path,
        metavar="FILE",
        help="a results.json, of which the other files are made anew; measures nothing",
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
    if arguments.results and arguments.row:
        parser.error("--from measures nothing: give no rows")
    if arguments.record and (arguments.row or arguments.out):
        parser.error("--record is for all rows, and names its folder: give neither")
    if arguments.record:
        arguments.out = build.ROOT / "bench"
    arguments.out = arguments.out or pathlib.Path("bench-results")
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
    rows.check(contestants)
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
                min(row.repetitions or arguments.repetitions, arguments.repetitions),
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
    return result, failures


def measure_all(chosen, arguments):
    """Builds what is needed and measures the ids; returns the results."""
    say("Building the benchmarks...")
    suite, policies, count = build.targets(
        "//bench/suite:suite", "//bench:policy_benchmark", "//bench/instructions:count"
    )
    sources = [measure.GoogleBenchmark(suite)]
    go = build.go_program()
    if go:
        program, _folder = go
        sources.append(measure.Go(program))
    results = {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "repetitions": arguments.repetitions,
        "machine": machine.describe(),
        "versions": machine.versions(),
    }
    results["rows"], results["failures"] = measure_rows(
        [row for row in rows.ROWS if row.id in chosen], sources, arguments
    )
    matrices = [matrix for matrix in rows.MATRICES if matrix.id in chosen]
    try:
        results["matrices"] = measure.matrices(matrices, policies, say)
    except measure.Failed as error:
        results["matrices"] = []
        results["failures"] |= {matrix.id: str(error) for matrix in matrices}
    results["instructions"] = ""
    if rows.INSTRUCTIONS in chosen:
        counted, complaint = measure.instructions(count)
        results["instructions"] = counted
        if complaint:
            results["failures"][rows.INSTRUCTIONS] = complaint
    say("")
    return results


def read(path):
    """Results that were written before."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise measure.Failed(f"--from: {error}") from None
    except ValueError as error:
        raise measure.Failed(f"--from: '{path}' is no JSON: {error}") from None
    missing = [key for key in KEYS if not isinstance(results, dict) or key not in results]
    if missing:
        raise measure.Failed(
            f"--from: '{path}' is no results.json: it lacks {', '.join(missing)}"
        )
    return results


def write(results, folder):
    """Writes the three files; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "results.json": json.dumps(results, indent=1) + "\n",
        "RESULTS.md": table.markdown(results),
        "chart.svg": chart.svg(results),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [str(folder / name) for name in texts]


def run():
    arguments = parse_arguments()
    if arguments.list:
        for row in rows.ROWS + rows.MATRICES:
            print(f"{row.id:24} {row.title}")
        print(f"{rows.INSTRUCTIONS:24} instructions of the paths that are run most")
        return 0
    try:
        if arguments.results:
            results = read(arguments.results)
        else:
            results = measure_all(rows.select(arguments.row), arguments)
    except rows.UnknownRow as error:
        print(f"jiffy: bench: {error}", file=sys.stderr)
        return 2
    except (build.Failed, measure.Failed, rows.Unlisted) as error:
        print(f"jiffy: bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\njiffy: bench: interrupted; nothing was written", file=sys.stderr)
        return 130
    print(table.terminal(results))
    print("\nWritten:", ", ".join(write(results, arguments.out)), flush=True)
    for name, why in results["failures"].items():
        print(f"jiffy: bench: {name}: {why}", file=sys.stderr)
    return 1 if results["failures"] else 0


def main():
    """Runs, and sees to it that what was printed has arrived."""
    try:
        try:
            status = run()
        except SystemExit as end:
            status = end.code
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has seen enough.
        status = 1
    except OSError as error:
        print(f"jiffy: bench: {error.strerror}: {error.filename or 'standard output'}",
              file=sys.stderr)
        status = 1
    else:
        return status
    # Python would try to write the rest again, and complain in its own words.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


if __name__ == "__main__":
    sys.exit(main())
