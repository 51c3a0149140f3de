"""The results in print: on the terminal and as RESULTS.md."""

import rows


def number(value):
    """Three digits or so, with commas."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def _spread(figure):
    return f"{number(figure['low'])}–{number(figure['high'])}"


def best_peer(row):
    """The fastest contestant that is not jiffy: its name and median, or None."""
    peers = [
        (figure["median"], name)
        for name, figure in row["contestants"].items()
        if not rows.CONTESTANTS[name].ours
    ]
    if not peers:
        return None
    median, name = min(peers)
    return name, median


def ratio(row):
    """How many times the best peer's figure is jiffy's; None without either."""
    ours = row["contestants"].get(row["ours"])
    best = best_peer(row)
    if ours is None or best is None or ours["median"] <= 0:
        return None
    return best[1] / ours["median"]


def _columns(row):
    ours = row["contestants"].get(row["ours"])
    best = best_peer(row)
    times = ratio(row)
    others = [
        (figure["median"], name)
        for name, figure in row["contestants"].items()
        if name != row["ours"] and (best is None or name != best[0])
    ]
    return [
        f"{row['title']}, {row['unit']}",
        number(ours["median"]) if ours else "-",
        _spread(ours) if ours else "-",
        f"{rows.CONTESTANTS[best[0]].title} {number(best[1])}" if best else "-",
        f"{times:.2f}" if times else "-",
        "; ".join(
            f"{rows.CONTESTANTS[name].title} {number(median)}"
            for median, name in sorted(others)
        ),
    ]


HEAD = ["row", "jiffy", "middle half", "best peer", "ratio", "others"]


def _matrix_lines(matrix):
    """The head and the lines of a matrix."""
    tasks = sorted({int(n) for line in matrix["ns"].values() for n in line})
    return [["policy"] + [f"{n:,}" for n in tasks]] + [
        [policy] + [number(line[str(n)]) if str(n) in line else "-" for n in tasks]
        for policy, line in sorted(matrix["ns"].items())
    ]


def _aligned(lines, left=(0,)):
    """Lines of cells in columns, those in `left` flush left."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )


def terminal(results):
    """All tables, as text in columns."""
    parts = []
    if results["rows"]:
        lines = [HEAD] + [_columns(row) for row in results["rows"]]
        parts.append(_aligned(lines, left=(0, len(HEAD) - 1)))
    for matrix in results["matrices"]:
        parts.append(f"{matrix['title']}, ns, by runnable tasks")
        parts.append(_aligned(_matrix_lines(matrix)))
    if results["instructions"]:
        parts.append("Instructions, against what was recorded")
        parts.append(results["instructions"].rstrip())
    goals = goal_lines(results)
    if goals:
        reached = sum(line[3] == "yes" for line in goals)
        parts.append(f"{reached} of {len(goals)} goals reached" + (
            "; missed:" if reached < len(goals) else ""
        ))
        missed = [line[:3] for line in goals if line[3] != "yes"]
        if missed:
            parts.append(_aligned([["goal", "at most", "measured"]] + missed))
    return "\n\n".join(parts)


def _markdown(head, lines, last_is_text=True):
    rule = ["---"] + ["---:"] * (len(head) - 2) + ["---" if last_is_text else "---:"]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule] + lines)


def goal_lines(results):
    """For each goal that was measured: what, at most, measured, reached, limit."""
    by_id = {row["id"]: row for row in results["rows"]}
    lines = []
    for goal in rows.GOALS:
        row = by_id.get(goal.row)
        figures = row["contestants"] if row else {}
        if goal.contestant not in figures or (goal.above and goal.above not in figures):
            continue
        measured = figures[goal.contestant]["median"]
        what = row["title"]
        if goal.contestant != row["ours"]:
            what += f" ({rows.CONTESTANTS[goal.contestant].title})"
        if goal.above:
            measured -= figures[goal.above]["median"]
            what += f", above {rows.CONTESTANTS[goal.above].title}"
        reached = measured <= goal.at_most
        lines.append(
            [
                f"{what}, {row['unit']}",
                number(goal.at_most),
                number(measured),
                "yes" if reached else "no",
                "" if reached else goal.limit,
            ]
        )
    return lines


def _failure(name, why):
    """An item of a list; what follows the first line stands in it as it was said."""
    first, *more = why.splitlines() or [""]
    lines = ["  ```", *(f"  {line}" for line in more), "  ```"] if more else []
    return "\n".join([f"- {name}: {first}", *lines])


def markdown(results):
    """RESULTS.md."""
    machine = results["machine"]
    used = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    parts = [
        "# Results",
        "Made by `./jiffy bench`; `bench/README.md` says what the rows mean. "
        "Figures are medians; beside jiffy's own stands where the middle half of its "
        "repetitions lay. The ratio is the best peer's figure by jiffy's: above 1, "
        "jiffy is the faster.",
        f"{results['date']}, {results['repetitions']} repetitions. {machine['cpu']}, "
        f"{machine['cpus']} CPUs{' of a virtual machine' if machine['virtual'] else ''}, "
        f"{machine['memory_gib']} GiB, Linux {machine['kernel']}, load before the run "
        f"{machine['load']:.1f}. {used}.",
    ]
    if results["rows"]:
        parts.append(_markdown(HEAD, [_columns(row) for row in results["rows"]]))
    for matrix in results["matrices"]:
        head, *lines = _matrix_lines(matrix)
        parts.append(
            f"What {matrix['title']} costs a policy, in nanoseconds, by the number of "
            "runnable tasks:"
        )
        parts.append(_markdown(head, lines, last_is_text=False))
    if results["instructions"]:
        parts.append("Instructions, against what was recorded:")
        parts.append(f"```\n{results['instructions']}```")
    goals = goal_lines(results)
    if goals:
        parts += [
            "## Goals",
            _markdown(["goal", "at most", "measured", "reached", "limit"], goals),
        ]
    if results["failures"]:
        parts.append("## Failures")
        parts.append(
            "\n".join(_failure(name, why) for name, why in results["failures"].items())
        )
    return "\n\n".join(parts) + "\n"
