#!/usr/bin/env python3
"""Makes the picture of docs/lab.md anew; needs Chromium.

    ./jiffy lab examples/workloads/interactive_and_hogs.json --policy rr \\
        --policy linux-0.01 --policy cfs --html editor.html
    tools/page/picture.py editor.html docs/lab.png
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import devtools  # noqa: E402 (found by the line above)

WINDOW = (1280, 900)
# What is seen, in microseconds, and the moment that the box tells of, of the second
# run: the editor was woken, and a hog goes on.
FROM, TO = 550_000, 1_350_000
TASK, MOMENT = "editor-0", 1_000_000


def main():
    page, picture = sys.argv[1:]
    with devtools.Browser(*WINDOW) as browser:
        browser.open(page)
        _, y = place(browser, 0, TASK, FROM)
        browser.drag(place(browser, 0, TASK, FROM)[0], y, place(browser, 0, TASK, TO)[0], y)
        browser.click(*place(browser, 1, TASK, MOMENT))
        browser.screenshot(picture)


def place(browser, run, task, us):
    at = browser.evaluate(f"jiffyPage.place({run}, {task!r}, {us})")
    return at["x"], at["y"]


if __name__ == "__main__":
    main()
