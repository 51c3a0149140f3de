// What keys do in a timeline: choose a track, go from slice to slice. Those that
// zoom and move work everywhere (controls.js).

class Keyboard {
  constructor(panel) {
    this.panel = panel;
    fill(panel.tracks, {
      on: { focus: requestDraw, blur: requestDraw, keydown: (event) => this.onKey(event) },
    }, []);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { panel } = this;
    const act = {
      ArrowUp: () => this.select(panel.selected - 1),
      ArrowDown: () => this.select(panel.selected + 1),
      PageUp: () => this.select(panel.selected - 10),
      PageDown: () => this.select(panel.selected + 10),
      n: () => this.step(1),
      p: () => this.step(-1),
      Enter: () => this.zoomToSlice(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  select(number) {
    const { panel } = this;
    hideTip(true);
    panel.selected = clamp(number, 0, panel.rows.length - 1);
    panel.slice = -1;
    const [top, bottom] = [panel.tops[panel.selected], panel.tops[panel.selected + 1]];
    const { scrollTop, clientHeight } = panel.tracks;
    if (top < scrollTop) panel.tracks.scrollTop = top - 2;
    if (bottom > scrollTop + clientHeight) panel.tracks.scrollTop = bottom + 2 - clientHeight;
    const row = panel.rows[panel.selected];
    announce(row.cpu !== undefined ? `CPU ${row.cpu}` : nameOf(row.task));
    requestDraw();
  }

  // Goes to the next or the previous slice of the selected track, and explains it.
  step(by) {
    const { panel } = this;
    const row = panel.rows[panel.selected];
    const runs = panel.runsOf(row);
    if (runs.length === 0) {
      announce("It never ran.");
      return;
    }
    if (panel.slice < 0) {
      panel.slice = Math.min(firstWhere(0, runs.length, (k) => runs.from[k] >= view.from), runs.length - 1);
    } else {
      panel.slice = clamp(panel.slice + by, 0, runs.length - 1);
    }
    const [from, to] = [runs.from[panel.slice], runs.to[panel.slice]];
    if (to > view.to || from < view.from) {
      const length = view.to - view.from;
      setRange(from - length / 4, from + (3 * length) / 4);
    }
    const us = from;
    const scale = panel.scale();
    const box = panel.canvas.getBoundingClientRect();
    const x = box.left + clamp(scale.x((from + Math.min(to, view.to)) / 2), scale.left, scale.left + scale.plot);
    const y = box.top + panel.tops[panel.selected + 1] - panel.tracks.scrollTop;
    const content = explain(panel.run, { row, us, slice: panel.slice });
    showTip(content, x, y, true, panel.tops[panel.selected + 1] - panel.tops[panel.selected] + 4);
    announce(content.innerText || content.textContent);
    requestDraw();
  }

  zoomToSlice() {
    const { panel } = this;
    if (panel.slice < 0) return;
    const runs = panel.runsOf(panel.rows[panel.selected]);
    const [from, to] = [runs.from[panel.slice], runs.to[panel.slice]];
    setRange(from - (to - from) / 2, to + (to - from) / 2);
    hideTip(true);
  }
}
