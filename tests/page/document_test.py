#!/usr/bin/env python3
"""The rest of a page: tables, plots, search, colours, names, widths, limits."""

import json
import re
import sys

sys.path.insert(0, "tests/page")
import color_vision  # noqa: E402
from page_testing import (  # noqa: E402
    DEMO, FOLDER, LAB, WORKLOADS, PageTest, lab_page, main, run)

CONVOY = f"{WORKLOADS}/convoy.json"
LADDER = f"{WORKLOADS}/nice_ladder.json"
NASTY = "</script><b onclick='x'>\"quoted\" & \u00fc \u6f22\u5b57 <!-- -->"

# The ground of an element is that of the first ancestor that has one.
CONTRASTS = """(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || element.closest("script, noscript, :disabled")) continue;
    const style = getComputedStyle(element);
    const text = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(text), light(ground(element))].sort((p, q) => q - p);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) poor.push(`${element.tagName} ${element.textContent.slice(0, 30)} ${contrast}`);
  }
  return poor;
})()"""


def workload(name, tasks, seconds):
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps({"tasks": tasks, "global": {"duration": seconds}}))
    return path


class DocumentTest(PageTest):
    def open_lab(self, name, files, policies, *options):
        path, report = lab_page(name, files, policies, *options)
        self.open(path)
        return report

    def rows(self, selector):
        """Returns a table's rows as lists of texts."""
        rows = self.js(f"[...document.querySelectorAll({selector + ' tbody tr'!r})]"
                       ".map(row => [...row.cells].map(cell => cell.innerText))")
        return [[re.sub("\u202f", "", cell).replace("\u00a0", " ") for cell in row]
                for row in rows]

    def assert_fits(self):
        width, room = self.js("[document.documentElement.scrollWidth, innerWidth]")
        self.assertLessEqual(width, room)

    def test_tables_have_the_figures_that_the_lab_prints(self):
        # Here no two columns are the same.
        report = self.open_lab("figures", [f"{WORKLOADS}/interactive_and_hogs.json"], ["rr", "cfs"])
        printed = [line.split() for line in report.splitlines()
                   if re.match(r"(editor|hog)-\d +[\d.]+ +[\d.]+%", line)]
        shown = self.rows("#figures")
        self.assertEqual(len(shown), 8)
        for there, here in zip(printed, shown):
            expected = [cell.replace("%", " %").replace("-", "–") if i else cell
                        for i, cell in enumerate(there)]
            self.assertEqual(here, expected)
        whole = re.findall(r"(\d+) switches, CPU ([\d.]+)% busy, ([\d.]+) runs done a second",
                           report)
        fairness = re.findall(r"Jain fairness ([\d.]+)", report)
        for row, figures, jain in zip(self.rows("#glance"), whole, fairness):
            self.assertEqual(row[1:5], [figures[0], figures[2], f"{figures[1]} %", jain])

    def test_plots_say_what_they_show(self):
        self.open_lab("plots", [LADDER], ["cfs"])
        label = self.js("document.querySelector('.share-bar').getAttribute('aria-label')")
        self.assertEqual(label.replace("\u00a0", " "),
                         "cfs: minus10-0 67.5 %, minus5-1 22.1 %, zero-2 7.2 %, "
                         "plus5-3 2.4 %, plus10-4 0.8 %")
        self.assertIn("No task was woken up", self.text("#latency"))
        self.open_lab("latency", [CONVOY], ["fifo", "cfs"])
        label = self.js("document.querySelector('#latency svg').getAttribute('aria-label')")
        self.assertEqual(label.replace("\u00a0", " "),
                         "Latency from wake-up to CPU. fifo: p50 99 ms · p99 99 ms · max 99 ms · "
                         "no wait for 11 %. cfs: p50 0 µs · p99 0 µs · max 0 µs.")
        self.assertGreater(self.js("document.querySelectorAll('#latency .column').length"), 2)

    def test_search_keeps_the_tasks_that_fit(self):
        self.open_lab("search", [CONVOY], ["rr", "cfs"])
        self.browser.key("/", "/")
        self.browser.type("CAR-3, truck")
        self.browser.wait_for("document.getElementById('filter-count').innerText.includes('of')")
        self.assertEqual(self.text("#filter-count"), "2 of 9 tasks")
        self.assertEqual([row[0] for row in self.rows("#figures")],
                         ["truck-0", "car-3"] * 2)
        self.assertEqual(self.js("document.querySelectorAll('.plot-legend li').length"), 2)
        # Two tracks and the CPU's are left.
        self.assertLess(self.js("document.querySelector('.tracks').clientHeight"), 110)
        x, y = self.place(0, "car-3", 5_000_000)
        self.browser.wheel(x, y, -3000)
        self.js("document.getElementById('filter').value = 'nobody'; "
                "document.getElementById('filter').dispatchEvent(new Event('input'))")
        self.browser.wait_for("document.querySelectorAll('#figures tbody tr').length === 0")
        self.assertEqual(self.text("#filter-count"), "0 of 9 tasks")
        for plot in ("#latency", "#shares"):
            self.assertEqual(self.text(plot), "The search found no task.")

    def test_tables_can_be_sorted(self):
        self.open_lab("sorted", [LADDER], ["cfs"])
        def press(title):
            self.js("[...document.querySelectorAll('#figures th button')]"
                    f".find(b => b.innerText.startsWith({title!r})).click()")
            return [row[0] for row in self.rows("#figures")]
        names = ["minus10-0", "minus5-1", "zero-2", "plus5-3", "plus10-4"]
        self.assertEqual(press("Waiting"), names[::-1])
        self.assertEqual(self.js("document.querySelector('[aria-sort]').ariaSort"), "descending")
        self.assertEqual(press("Waiting"), names)
        self.assertEqual(press("CPU"), names)
        self.assertEqual(press("Task"), names)

    def test_text_is_readable_in_both_schemes(self):
        for dark in (False, True):
            self.browser.set_dark(dark)
            self.open_lab("contrast", [CONVOY, LADDER], ["rr", "cfs"])
            self.assertEqual(self.js("document.documentElement.dataset.theme"),
                             "dark" if dark else "light")
            self.js("document.getElementById('help').open = true")
            x, y = self.place(0, "truck-0", 1000)
            self.browser.click(x, y)
            self.assertIsNotNone(self.tip())
            self.assertEqual(self.js(CONTRASTS), [])
        before = self.js("getComputedStyle(document.body).backgroundColor")
        self.js("document.getElementById('theme').click()")
        self.assertNotEqual(self.js("getComputedStyle(document.body).backgroundColor"), before)

    def test_colors_stay_with_their_tasks(self):
        self.open_lab("colors", [CONVOY], ["rr", "cfs"])
        colors = self.js("[...document.querySelectorAll('#figures tbody tr')].map(row => "
                         "[row.cells[0].innerText, row.querySelector('.swatch').style.background])")
        self.assertEqual(len(colors), 18)
        self.assertEqual(len({tuple(pair) for pair in colors}), 9)
        self.assertEqual(len({color for _, color in colors}), 9)

    def test_colors_of_many_tasks_do_not_repeat(self):
        file = workload("forty", {"task": {"instance": 60, "run": 700}}, 1)
        for dark in (False, True):
            self.browser.set_dark(dark)
            self.open_lab("forty", [file], ["rr"])
            colors = self.js("[...document.querySelectorAll('#figures .swatch')]"
                             ".map(s => getComputedStyle(s).backgroundColor)")
            self.assertEqual(len(set(colors)), 60)
            lane = self.js("getComputedStyle(document.documentElement)"
                           ".getPropertyValue('--lane').trim()")
            lane = [int(lane[i:i + 2], 16) for i in (1, 3, 5)]
            for color in colors[16:]:
                rgb = [int(part) for part in re.findall(r"\d+", color)]
                self.assertGreaterEqual(color_vision.contrast(rgb, lane), 2.95)

    def test_what_is_out_of_sight_is_said(self):
        file = workload("hints", {"task": {"instance": 100, "run": 700, "sleep": 900}}, 1)
        self.open_lab("hints", [file], ["rr"])
        hint = "document.querySelector({!r} + ' + .scroll-hint').innerText"
        self.assertEqual(self.js(hint.format(".tracks")), "Scroll here: more tasks below")
        self.assertEqual(self.js(hint.format("#figures .scroll")), "Scroll here: more tasks below")
        self.assertEqual(self.js(hint.format("#glance")), "")
        self.browser.resize(400, 800)
        self.browser.settle()
        self.assertEqual(self.js(hint.format("#glance")), "Scroll here: more columns to the right")
        self.assertEqual(self.js(hint.format("#figures .scroll")),
                         "Scroll here: more tasks below, more columns to the right")
        self.js("document.querySelector('#figures .scroll').scrollTo(1e6, 1e6)")
        self.browser.settle()
        self.assertEqual(self.js(hint.format("#figures .scroll")), "")

    def test_latency_figures_fit_into_a_narrow_window(self):
        self.browser.resize(400, 800)
        self.open_lab("narrow", [CONVOY], ["fifo", "rr"])
        outside = self.js("(() => { const room = document.querySelector('#latency svg')"
                          ".getBoundingClientRect(); return [...document.querySelectorAll("
                          "'#latency svg text')].filter(t => { const box = t.getBoundingClientRect();"
                          " return box.left < room.left - 1 || box.right > room.right + 1; })"
                          ".map(t => t.textContent); })()")
        self.assertEqual(outside, [])
        self.assertIn("no wait for",
                      self.js("document.querySelector('#latency svg').textContent"))

    def test_colors_differ_with_any_color_vision(self):
        for dark in (False, True):
            self.browser.set_dark(dark)
            self.open_lab("vision", [CONVOY], ["rr"])
            colors = self.js("[...document.querySelectorAll('#figures .swatch')].slice(0, 8)"
                             ".map(s => getComputedStyle(s).backgroundColor)")
            colors = [[int(part) for part in re.findall(r"\d+", color)] for color in colors]
            for vision in color_vision.VISIONS:
                with self.subTest(dark=dark, vision=vision):
                    # The palette of Okabe and Ito, made for this, has 15.7.
                    self.assertGreater(color_vision.least_distance(colors, vision), 15.7)
            lane = self.js("getComputedStyle(document.documentElement)"
                           ".getPropertyValue('--lane').trim()")
            lane = [int(lane[i:i + 2], 16) for i in (1, 3, 5)]
            for color in colors:
                self.assertGreaterEqual(color_vision.contrast(color, lane), 3)

    def test_what_is_operated_has_a_name(self):
        self.open_lab("names", [CONVOY, LADDER], ["rr", "cfs"])
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "searchbox", "combobox", "application", "region", "image", "toolbar"}
        seen = set()
        for node in nodes:
            role = node.get("role", {}).get("value")
            if node.get("ignored") or role not in roles:
                continue
            seen.add(role)
            self.assertTrue(node.get("name", {}).get("value"), node)
        self.assertEqual(seen, roles)

    def test_workloads_are_chosen_from_a_list(self):
        self.open_lab("several", [CONVOY, LADDER], ["rr", "cfs"])
        self.assertEqual(self.text("h1"), "convoy.json")
        self.assertEqual(self.range(), [0, 10_000_000])
        self.js("const list = document.getElementById('workload'); list.selectedIndex = 1; "
                "list.dispatchEvent(new Event('change'))")
        self.browser.settle()
        self.assertEqual(self.text("h1"), "nice_ladder.json")
        self.assertEqual(self.range(), [0, 60_000_000])
        self.assertEqual(self.rows("#figures")[0][0], "minus10-0")

    def test_nasty_names_are_only_names(self):
        file = workload("nasty", {NASTY: {"run": 1000, "sleep": 10}, "x" * 300: {"run": 1000}}, 1)
        self.open_lab("nasty", [file], ["rr", "cfs"])
        self.assertEqual(self.rows("#figures")[0][0], NASTY + "-0")
        self.assertEqual(self.js("document.querySelectorAll('main b, script').length"), 2)
        x, y = self.place(0, NASTY + "-0", 500)
        self.browser.wheel(x, y, -3000)
        self.browser.hover(*self.place(0, NASTY + "-0", 500))
        self.assertEqual(self.tip()[0], NASTY + "-0")
        for width in (1280, 400):
            self.browser.resize(width, 800)
            self.browser.settle()
            self.assert_fits()

    def test_many_tasks_and_narrow_windows_fit(self):
        crowds = {
            "crowd63": (63, ["linux-0.01", "rr"], ["--cpus", "2"]),
            "crowd1000": (1000, ["rr"], []),
        }
        for name, (count, policies, options) in crowds.items():
            file = workload(name, {"task": {"instance": count, "run": 700, "sleep": 20_000}}, 2)
            self.open_lab(name, [file], policies, *options)
            for width, height in ((1280, 800), (400, 800), (320, 500)):
                with self.subTest(name=name, width=width):
                    self.browser.resize(width, height)
                    self.browser.settle()
                    self.assert_fits()
                    self.assertLess(self.js("document.querySelector('.tracks').clientHeight"), height)
        self.assertEqual(len(self.rows("#figures")), 200)
        self.js("document.querySelector('.more').click()")
        self.assertEqual(len(self.rows("#figures")), 1000)
        # The last one is reached by scrolling inside the timeline.
        self.browser.resize(1280, 800)
        self.js("document.querySelector('.tracks').scrollTop = 1e6")
        self.browser.settle()
        y = self.place(0, "task-999", 1000)[1]
        box = self.js("document.querySelector('.tracks').getBoundingClientRect().bottom")
        self.assertLess(y, box)

    def test_million_slices_are_drawn_and_what_is_left_out_is_said(self):
        file = workload("million", {"a": {"instance": 5, "run": 10, "sleep": 40},
                                    "b": {"instance": 3, "run": 100_000}}, 20)
        self.open_lab("million", [file], ["cfs"])
        self.assertEqual(self.js("jiffyPage.data.runs[0].slices.length.length"), 1_000_000)
        note = self.text(".panel .note")
        self.assertRegex(note, r"The timeline ends at [\d.]+ ms of 20000\.000 ms")
        self.assertIn("1000000 slices of this run", note)
        self.assertIn("Decisions are explained up to", note)
        x, y = self.place(0, "a-0", 5_000_000)
        for _ in range(4):
            self.browser.wheel(x, y, -3000)
        self.assertLess(self.range()[1] - self.range()[0], 1000)

    def test_notes_of_a_run_are_shown(self):
        path = FOLDER / "deadlock.json"
        path.write_text('{"tasks": {"A": {"lock": "m", "run": 1}}}')
        self.open_lab("deadlock", [path], ["fifo"])
        self.assertIn("deadlock at 1 us", self.text(".panel .note"))
        self.assertIn('A-0 waits for mutex "m", held by itself', self.text(".panel .note"))

    def test_empty_runs_are_no_trouble(self):
        file = workload("empty", {"a": {"run": 1000}}, 1)
        self.open_lab("empty", [file], ["rr"], "--duration", "0")
        self.assertEqual(self.text("#filter-count"), "1 task")
        self.assertEqual(self.rows("#glance")[0][1], "0")

    def test_simulated_and_live_are_one_above_the_other(self):
        file = workload("both", {"a": {"run": 2000, "sleep": 1000}, "b": {"run": 1000}}, 1)
        self.open_lab("both", [file], ["rr"], "--compare", "live", "--duration", "0.3")
        self.assertEqual(self.js("[...document.querySelectorAll('.badge')].map(b => b.innerText)"),
                         ["simulated", "live"])
        self.assertEqual(self.text("#subtitle"), "2 tasks under rr, simulated and live")
        self.assertEqual([row[0] for row in self.rows("#glance")], ["rr, simulated", "rr, live"])
        for number in (0, 1):
            first = self.js(f"(() => {{ const r = jiffyPage.data.runs[{number}].running.get(0); "
                            "return (r.from[0] + r.to[0]) / 2; })()")
            self.browser.key("0", "0")
            for _ in range(3):
                x, y = self.place(number, "a-0", first)
                self.browser.wheel(x, y, -1200)
            self.browser.hover(*self.place(number, "a-0", first))
            self.assertEqual(self.tip()[0], "a-0")
            self.assertEqual("This trace holds no decisions." in self.tip(), number == 1)
        both = run(LAB, file, "--compare", "live", "--duration", "0.1", "--html", "-")
        self.assertTrue(both.startswith("<!DOCTYPE html>"))
        self.assertTrue(both.endswith("</html>\n"))

    def test_demo_has_the_same_page(self):
        path = FOLDER / "demo.html"
        run(DEMO, "--tasks=sort:2,fib:2", "--duration=200ms", "--slice=1ms", "--size=20000",
            "--fib=24", f"--html={path}")
        self.open(path)
        self.assertEqual(self.text("h1"), "jiffy demo")
        self.assertEqual(self.text(".badge"), "live")
        first = self.js("(() => { const r = jiffyPage.data.runs[0].running.get(0); "
                        "return [r.from[0], r.to[0]]; })()")
        middle = sum(first) / 2
        for _ in range(4):
            x, y = self.place(0, "sort.quick", middle)
            self.browser.wheel(x, y, -1200)
        self.browser.hover(*self.place(0, "sort.quick", middle))
        tip = self.tip()
        self.assertEqual(tip[0], "sort.quick")
        self.assertTrue(tip[1].startswith(f"{first[0] / 1000:.3f} to {first[1] / 1000:.3f} ms"), tip)


if __name__ == "__main__":
    main()
