#!/usr/bin/env python3
"""The timelines of a page, as somebody uses them who has a mouse and a keyboard."""

import random
import re
import sys

sys.path.insert(0, "tests/page")
from page_testing import (  # noqa: E402
    WORKLOADS, PageTest, csv_slices, explained, lab_page, main, ms, run, spaced, LAB)

CONVOY = f"{WORKLOADS}/convoy.json"
POLICIES = ["fifo", "rr", "linux-0.01", "cfs"]

# What the end of a slice may be called, by its state in the CSV trace.
ENDS = {"R": "preempted", "S": "blocked", "X": "finished"}


class TimelineTest(PageTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path, cls.report = lab_page("convoy", [CONVOY], POLICIES)

    def setUp(self):
        super().setUp()
        self.open(self.path)

    def zoom_to(self, number, a_slice):
        """Turns the wheel until the slice is wide enough to be pointed at."""
        middle = (a_slice.start + a_slice.end) / 2
        for _ in range(12):
            x, y = self.place(number, a_slice.task, middle)
            low, high = self.range()
            if high - low < 8 * (a_slice.end - a_slice.start):
                return x, y
            self.browser.wheel(x, y, -1200)
        self.fail("the wheel does not zoom")

    def check_tip(self, a_slice, decision):
        tip = self.tip()
        self.assertIsNotNone(tip)
        self.assertEqual(tip[0], a_slice.task)
        length = ms(a_slice.end - a_slice.start)
        self.assertEqual(
            tip[1], f"{ms(a_slice.start)} to {ms(a_slice.end)} ms, {length} ms long")
        self.assertTrue(tip[2].startswith(f"Ended: {ENDS[a_slice.state]}"), tip)
        # Then why it was chosen.
        at = tip.index(f"Decided at {ms(a_slice.start)} ms on CPU 0")
        # A policy that has no rule in words just takes somebody.
        whom = f" {decision.chosen}" if decision.reason.endswith("takes") else ""
        self.assertEqual(tip[at + 1], decision.reason + whom)
        rows = [re.sub(r"\s+", " ", line).strip() for line in tip[at + 2:]]
        expected = [" ".join([">" if task == decision.chosen else "", task, text]).strip()
                    for task, text in decision.candidates]
        self.assertEqual([row.replace("▸", ">").replace(" → ", " => ") for row in rows],
                         [re.sub(r"\s+", " ", row) for row in expected])

    def test_hover_tells_of_the_slice_that_the_trace_has_and_of_its_decision(self):
        chance = random.Random(1)
        for number, policy in enumerate(POLICIES):
            decisions = explained(CONVOY, policy)
            slices = [s for s in csv_slices(CONVOY, policy) if s.end > s.start]
            for a_slice in chance.sample(slices, 5):
                with self.subTest(policy=policy, task=a_slice.task, start=a_slice.start):
                    self.browser.key("0", "0")
                    x, y = self.zoom_to(number, a_slice)
                    self.browser.hover(x, y)
                    self.check_tip(a_slice, decisions[a_slice.start])

    def test_hover_on_the_cpu_names_who_is_on_it(self):
        a_slice = csv_slices(CONVOY, "rr")[100]
        x, y = self.zoom_to(1, a_slice)
        top = self.js("document.querySelector('[data-run=\"1\"] canvas')"
                      ".getBoundingClientRect().top")
        self.browser.hover(x, top + 20)
        self.check_tip(a_slice, explained(CONVOY, "rr")[a_slice.start])

    def test_hover_on_a_wait_tells_since_when_and_who_was_chosen_instead(self):
        # Everybody is runnable from the start; under fifo the truck comes first.
        x, y = self.place(0, "car-1", 50_000)
        self.browser.wheel(x, y, -2400)
        x, y = self.place(0, "car-1", 50_000)
        self.browser.hover(x, y)
        tip = self.tip()
        self.assertEqual(tip[:3], ["car-1", "runnable, but has to wait",
                                   "0.000 to 100.000 ms, 100.000 ms long"])
        self.assertIn("Decided at 0.000 ms on CPU 0", tip)
        self.assertTrue(any("truck-0" in line and "▸" in line for line in tip), tip)

    def test_hover_tells_who_woke_the_task_and_how_long_it_waited(self):
        trace = run(LAB, CONVOY, "--policy", "fifo", "--ftrace", "-")
        wakeups = [int(a + b) for a, b in
                   re.findall(r"(\d+)\.(\d{6}): sched_wakeup: +car-1:", trace)]
        second = [s for s in csv_slices(CONVOY, "fifo") if s.task == "car-1"][1]
        woken = max(time for time in wakeups if time <= second.start)
        x, y = self.zoom_to(0, second)
        self.browser.hover(x, y)
        tip = self.tip()
        self.assertIn(f"Woken at {ms(woken)} ms by a timer", tip)
        self.assertIn(f"Waited {ms(second.start - woken)} ms for the CPU", tip)

    def test_hover_beside_everything_shows_nothing(self):
        x, y = self.place(3, "car-1", 5_000_000)
        self.browser.wheel(x, y, -3000)
        gap = next(us for us in range(5_000_000, 5_012_000, 500)
                   if not any(s.start - 300 < us < s.end + 300 for s in csv_slices(CONVOY, "cfs")
                              if s.task == "car-1"))
        self.browser.hover(*self.place(3, "car-1", gap))
        self.assertIsNone(self.tip())
        self.browser.hover(30, y)
        self.assertIsNone(self.tip())

    def test_wheel_zooms_around_the_pointer_and_the_axis_follows(self):
        x, y = self.place(0, "truck-0", 4_000_000)
        axis = self.js("document.getElementById('axis').toDataURL()")
        self.browser.wheel(x, y, -600)
        low, high = self.range()
        self.assertLess(high - low, 6_000_000)
        # The pointer is on a whole pixel: up to one off, enlarged by what was zoomed.
        self.assertAlmostEqual(self.place(0, "truck-0", 4_000_000)[0], x, delta=3)
        self.assertNotEqual(self.js("document.getElementById('axis').toDataURL()"), axis)
        ticks = self.js("jiffyPage.ticks()")
        self.assertGreaterEqual(len(ticks), 4)
        for tick in ticks:
            self.assertTrue(low <= tick["us"] <= high, tick)
            self.assertRegex(tick["label"], r"^[\d\u202f.]+\u00a0(s|ms|µs)$")
            value, unit = spaced(tick["label"]).split(" ")
            self.assertAlmostEqual(
                float(value) * {"s": 1e6, "ms": 1e3, "µs": 1}[unit], tick["us"], delta=0.01)
        self.assertIn(f"{ms(low)} to {ms(high)} ms", self.text("#range"))
        self.browser.wheel(x, y, 600)
        self.assertEqual(self.range(), [0, 10_000_000])

    def test_axis_labels_differ_and_do_not_overlap_at_any_zoom(self):
        x, y = self.place(0, "truck-0", 9_876_543)
        for _ in range(14):
            ticks = self.js("jiffyPage.ticks()")
            labels = [tick["label"] for tick in ticks]
            self.assertEqual(len(set(labels)), len(labels), labels)
            low, high = self.range()
            pixels = 1000 * (ticks[1]["us"] - ticks[0]["us"]) / (high - low)
            self.assertGreater(pixels, 7 * max(map(len, labels)), labels)
            self.browser.wheel(x, y, -600)
        low, high = self.range()
        self.assertLess(high - low, 100)

    def test_wheel_over_the_names_and_out_of_the_whole_scrolls_the_page(self):
        x, y = self.place(0, "truck-0", 4_000_000)
        self.browser.wheel(40, y, -600)
        self.assertEqual(self.range(), [0, 10_000_000])
        self.js("scrollTo(0, 0)")
        x, y = self.place(0, "truck-0", 4_000_000)
        before = self.js("scrollY")
        self.browser.wheel(x, y, 200)
        self.browser.wait_for(f"scrollY > {before}")
        self.assertEqual(self.range(), [0, 10_000_000])

    def test_drag_shows_the_stretch_dragged_over_and_double_click_all(self):
        x1, y = self.place(0, "truck-0", 2_000_000)
        x2, _ = self.place(0, "truck-0", 3_000_000)
        self.browser.drag(x1, y, x2, y)
        low, high = self.range()
        self.assertAlmostEqual(low, 2_000_000, delta=20_000)
        self.assertAlmostEqual(high, 3_000_000, delta=20_000)
        self.browser.call("Input.dispatchMouseEvent", type="mousePressed", x=x1, y=y,
                          button="left", clickCount=2)
        self.browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=x1, y=y,
                          button="left", clickCount=2)
        self.browser.settle()
        self.assertEqual(self.range(), [0, 10_000_000])

    def test_shift_and_drag_moves_what_is_seen(self):
        x, y = self.place(0, "truck-0", 5_000_000)
        self.browser.wheel(x, y, -1500)
        low, high = self.range()
        x, y = self.place(0, "truck-0", 5_000_000)
        self.browser.drag(x, y, x - 200, y, shift=True)
        self.assertAlmostEqual(self.range()[1] - self.range()[0], high - low, delta=1)
        self.assertGreater(self.range()[0], low)
        self.assertAlmostEqual(self.place(0, "truck-0", 5_000_000)[0], x - 200, delta=1)

    def test_overview_moves_what_is_seen(self):
        x, y = self.place(0, "truck-0", 2_000_000)
        self.browser.wheel(x, y, -1500)
        length = self.range()[1] - self.range()[0]
        box = self.js("(({left, top, width, height}) => ({left, top, width, height}))"
                      "(document.getElementById('overview').getBoundingClientRect())")
        self.browser.click(box["left"] + 0.95 * box["width"], box["top"] + box["height"] / 2)
        low, high = self.range()
        self.assertGreater(low, 8_000_000)
        self.assertAlmostEqual(high - low, length, delta=1)

    def test_buttons_zoom_and_move(self):
        def press(name):
            self.js(f"document.getElementById({name!r}).click()")
            self.browser.settle()
            return self.range()

        low, high = press("zoom-in")
        self.assertAlmostEqual(high - low, 10_000_000 / 1.5, delta=1)
        self.assertGreater(press("later")[0], low)
        self.assertAlmostEqual(press("earlier")[0], low, delta=1)
        self.assertGreater(press("zoom-in")[0], low)
        press("zoom-out")
        self.assertEqual(press("zoom-all"), [0, 10_000_000])
        self.assertTrue(self.js("document.getElementById('zoom-out').disabled"))

    def test_keys_zoom_move_choose_and_tell(self):
        key = self.browser.key
        self.js("document.querySelector('[data-run=\"1\"]').focus()")
        for _ in range(8):
            key("+", "+")
        low, high = self.range()
        self.assertAlmostEqual(high - low, 10_000_000 / 1.5**8, delta=1)
        key("ArrowRight")
        self.assertGreater(self.range()[0], low)
        key("ArrowLeft")
        self.assertAlmostEqual(self.range()[0], low, delta=1)
        key("-", "-")
        self.assertLess(self.range()[0], low)
        key("0", "0")
        self.assertEqual(self.range(), [0, 10_000_000])
        # The CPU, then the tasks; their slices one after the other.
        key("ArrowDown")
        self.assertEqual(self.text("#announce"), "truck-0")
        key("ArrowDown")
        cars = [s for s in csv_slices(CONVOY, "rr") if s.task == "car-1"]
        decisions = explained(CONVOY, "rr")
        for expected, letter in [(0, "n"), (1, "n"), (2, "n"), (1, "p")]:
            key(letter, letter)
            self.check_tip(cars[expected], decisions[cars[expected].start])
        self.assertIn(f"{ms(cars[1].start)} to {ms(cars[1].end)} ms", self.text("#announce"))
        key("Escape")
        self.assertIsNone(self.tip())
        key("Enter")
        low, high = self.range()
        self.assertLess(low, cars[1].start)
        self.assertGreater(high, cars[1].end)
        self.assertLess(high - low, 3 * (cars[1].end - cars[1].start))

    def test_click_keeps_the_box_until_escape(self):
        a_slice = csv_slices(CONVOY, "rr")[50]
        x, y = self.zoom_to(1, a_slice)
        self.browser.click(x, y)
        self.browser.hover(5, 5)
        self.check_tip(a_slice, explained(CONVOY, "rr")[a_slice.start])
        self.browser.key("Escape")
        self.assertIsNone(self.tip())

    def test_all_timelines_share_the_axis(self):
        x, y = self.place(2, "truck-0", 7_000_000)
        self.browser.wheel(x, y, -900)
        places = [self.place(number, "truck-0", 7_000_000)[0] for number in range(4)]
        self.assertEqual(len(set(places)), 1, places)


if __name__ == "__main__":
    main()
