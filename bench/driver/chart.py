"""The results as a bar chart: jiffy and its best peers, a group of bars a row."""

import html

import rows
import table

# In times of jiffy's own figure: longer bars are cut there, and say so.
LONGEST = 6
BARS = 4

_WIDTH = 880
_LEFT = 270
_BAR = 13
_GAP = 12
_SCALE = (_WIDTH - _LEFT - 270) / LONGEST

# Rows where a bar tells something: times of the same work.
_SHOWN = ("switch/", "ring/", "spawn_join/", "lock_unlock", "ping_pong/", "skynet",
          "timer/")

_STYLE = """
text { font: 12px sans-serif; fill: #333 }
.title { font-weight: bold; font-size: 14px }
.ours { fill: #c2410c }
.peer { fill: #94a3b8 }
.axis { stroke: #cbd5e1 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd }
  .peer { fill: #64748b }
  .axis { stroke: #475569 }
}
"""


def _bars(row):
    """jiffy, then the best peers: name, median."""
    peers = sorted(
        (figure["median"], name)
        for name, figure in row["contestants"].items()
        if not rows.CONTESTANTS[name].ours
    )
    ours = row["contestants"][row["ours"]]["median"]
    return [(row["ours"], ours)] + [(name, median) for median, name in peers][: BARS - 1]


def _text(x, y, text, css="", anchor="start"):
    kind = f' class="{css}"' if css else ""
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>'
        f"{html.escape(text)}</text>"
    )


def svg(results):
    shown = [
        row
        for row in results["rows"]
        if row["id"].startswith(_SHOWN) and row["ours"] in row["contestants"]
    ]
    parts = [_text(10, 20, "Time by jiffy's own, less is better", "title")]
    y = 40
    for row in shown:
        bars = _bars(row)
        own = bars[0][1]
        middle = y + _BAR * len(bars) / 2 + 4
        parts.append(_text(_LEFT - 12, middle, row["title"], anchor="end"))
        for name, median in bars:
            times = median / own
            css = "ours" if name == row["ours"] else "peer"
            width = min(times, LONGEST) * _SCALE
            parts.append(
                f'<rect class="{css}" x="{_LEFT}" y="{y}" width="{width:.1f}" '
                f'height="{_BAR - 2}"/>'
            )
            label = f"{rows.CONTESTANTS[name].title} {table.number(median)} {row['unit']}"
            if times > LONGEST:
                label += f" ({times:,.0f} times)"
            parts.append(_text(_LEFT + width + 5, y + _BAR - 3, label))
            y += _BAR
        y += _GAP
    one = _LEFT + _SCALE
    parts.append(f'<line class="axis" x1="{one:.1f}" x2="{one:.1f}" y1="32" y2="{y - _GAP}"/>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" '
        f'viewBox="0 0 {_WIDTH} {y}">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )
