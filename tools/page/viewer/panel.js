// The timeline of one run: its tracks on one canvas, of which only those in sight
// are drawn. pointer.js and keyboard.js say what can be done there.

// Of the window's height; what is more scrolls.
const MOST_OF_WINDOW = 0.62;

class Panel {
  constructor(run) {
    this.run = run;
    // The selected track, and the slice of it that the keyboard is at.
    this.selected = 0;
    this.slice = -1;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.spacer = make("div", { class: "height" });
    this.tracks = make(
      "div",
      {
        class: "tracks",
        tabindex: "0",
        role: "application",
        "aria-roledescription": "timeline",
        "aria-label": this.describe(),
        "aria-describedby": "help-text",
        "data-run": run.number,
      },
      this.canvas,
      this.spacer,
    );
    const { figures } = run;
    this.element = make(
      "section",
      { class: "panel", "aria-label": `Policy ${run.label}` },
      make(
        "div",
        { class: "panel-head" },
        make("h3", {}, run.policy),
        make("span", { class: "badge" }, run.live ? "live" : "simulated"),
        make(
          "p",
          {},
          [
            plural(run.cpus, "CPU"),
            `tick ${roughTime(run.tickUs)}`,
            plural(figures.switches, "switch", "switches"),
            `${percent(figures.utilization)} busy`,
            `Jain fairness ${figures.fairness.toFixed(3)}`,
          ].join(" · "),
        ),
      ),
      this.note(),
      withScrollHint(this.tracks, "tasks"),
    );
    this.tracks.addEventListener("scroll", requestDraw);
    this.pointer = new Pointer(this);
    this.keyboard = new Keyboard(this);
  }

  describe() {
    const { run } = this;
    return (
      `Timeline of ${run.workload} under ${run.label}: ${run.tasks.length} tasks, ` +
      `${run.figures.switches} switches in ${exactMs(run.endUs)} ms. ` +
      "The same figures are in the tables below."
    );
  }

  // What is to be known of this run, and what the page does not hold of it.
  note() {
    const { run } = this;
    const notes = run.notes.length ? [`${run.notes.join("; ")}.`] : [];
    if (run.keptFromUs > 0) {
      notes.push(`The trace begins at ${exactMs(run.keptFromUs)} ms: older switches were overwritten.`);
    }
    if (run.keptUntilUs < run.endUs) {
      notes.push(
        `The timeline ends at ${exactMs(run.keptUntilUs)} ms of ${exactMs(run.endUs)} ms: no more fits into a page ` +
          `(${grouped(run.keptSlices)} slices of this run), and ${grouped(run.droppedSlices)} slices that came later ` +
          "are left out. The figures are of the whole run.",
      );
    }
    if (run.decisions && run.explainedUntilUs < run.keptUntilUs) {
      notes.push(
        `Decisions are explained up to ${exactMs(run.explainedUntilUs)} ms, the first ` +
          `${grouped(run.decisions.time.length)}: no more fits into a page.`,
      );
    }
    if (run.droppedTasks > 0) {
      notes.push(`${plural(run.droppedTasks, "more task")} had no room in the page.`);
    }
    return notes.length ? make("p", { class: "note" }, notes.join(" ")) : null;
  }

  // Lays the tracks out: the CPUs, then the tasks that fit the filter.
  layOut() {
    const { run } = this;
    this.rows = [];
    for (let cpu = 0; cpu < run.cpus; ++cpu) this.rows.push({ cpu });
    for (const task of view.tasks) if (run.rowOfTask.has(task)) this.rows.push({ task });
    const count = this.rows.length;
    this.rowHeight = count <= 14 ? 26 : count <= 40 ? 20 : 16;
    // A CPU's track shows shares, so it is taller where there are few.
    const cpuHeight = run.cpus <= 4 ? 38 : this.rowHeight;
    this.tops = [2];
    for (const { cpu } of this.rows) {
      this.tops.push(this.tops[this.tops.length - 1] + (cpu === undefined ? this.rowHeight : cpuHeight));
    }
    this.selected = Math.min(this.selected, count - 1);
    this.slice = -1;
  }

  get contentHeight() {
    return this.tops[this.rows.length] + 2;
  }

  draw() {
    if (!this.rows) this.layOut();
    const most = Math.max(180, Math.round(window.innerHeight * MOST_OF_WINDOW));
    const height = Math.min(this.contentHeight, most);
    this.tracks.style.height = `${height + 2}px`;
    this.spacer.style.height = `${this.contentHeight}px`;
    const width = this.tracks.clientWidth;
    const context = beginDrawing(this.canvas, width, height);
    const scale = timeScale(width);
    const scroll = this.tracks.scrollTop;
    const first = this.rowAt(scroll);
    const last = Math.min(this.rows.length, this.rowAt(scroll + height) + 1);
    this.drawGround(context, scale, width, height);
    for (let row = first; row < last; ++row) {
      this.drawRow(context, row, this.tops[row] - scroll, scale, width);
    }
    this.drawUnkept(context, scale, height);
    this.drawCursor(context, scale, height);
  }

  drawGround(context, scale, width, height) {
    context.fillStyle = theme.ink.lane;
    context.fillRect(scale.left, 0, scale.x(Math.min(view.to, this.run.endUs)) - scale.left, height);
    context.strokeStyle = theme.ink.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const { us } of viewTicks(width)) {
      const x = Math.round(scale.x(us)) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    context.stroke();
  }

  drawRow(context, number, top, scale, width) {
    const row = this.rows[number];
    const height = this.tops[number + 1] - this.tops[number];
    const isSelected = number === this.selected && document.activeElement === this.tracks;
    if (isSelected) {
      context.fillStyle = theme.ink.raised;
      context.fillRect(0, top, scale.left, height);
      context.fillStyle = theme.ink.accent;
      context.fillRect(0, top, 4, height);
    }
    const isCpu = row.cpu !== undefined;
    context.font = `${isCpu ? "600 " : ""}${Math.min(14, this.rowHeight - 4)}px ${FONT}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = theme.ink.text;
    const name = isCpu ? `CPU ${row.cpu}` : nameOf(row.task);
    context.fillText(fitName(context, name, scale.left - 30), scale.left - 22, top + height / 2 + 0.5);
    if (!isCpu) {
      context.fillStyle = taskColor(row.task);
      context.fillRect(scale.left - 16, top + height / 2 - 5, 10, 10);
    }
    context.strokeStyle = theme.ink.line;
    context.beginPath();
    context.moveTo(0, Math.round(top + height) + 0.5);
    context.lineTo(width, Math.round(top + height) + 0.5);
    context.stroke();
    context.save();
    context.beginPath();
    context.rect(scale.left, top, scale.plot + 1, height);
    context.clip();
    if (isCpu) drawCpuTrack(context, this.run, row.cpu, scale, top + 3, height - 6);
    else drawTaskTrack(context, this.run, row.task, scale, top + 3, height - 6);
    if (isSelected && this.slice >= 0) {
      const runs = this.runsOf(row);
      const [left, boxWidth] = sliceBox(runs, this.slice, scale);
      context.strokeStyle = theme.ink.text;
      context.lineWidth = 2;
      context.strokeRect(left - 1, top + 2, boxWidth + 1, height - 4);
    }
    context.restore();
  }

  // Hatches what is not kept, so that it is not taken for idle time.
  drawUnkept(context, scale, height) {
    const { run } = this;
    for (const [from, to] of [[0, run.keptFromUs], [run.keptUntilUs, run.endUs]]) {
      const left = Math.max(scale.left, scale.x(from));
      const right = Math.min(scale.left + scale.plot, scale.x(to));
      if (to <= from || right <= left) continue;
      context.save();
      context.beginPath();
      context.rect(left, 0, right - left, height);
      context.clip();
      context.fillStyle = theme.ink.ground;
      context.fillRect(left, 0, right - left, height);
      context.strokeStyle = theme.ink["strong-line"];
      context.globalAlpha = 0.5;
      context.beginPath();
      for (let x = left - height; x < right; x += 9) {
        context.moveTo(x, height);
        context.lineTo(x + height, 0);
      }
      context.stroke();
      context.restore();
    }
  }

  drawCursor(context, scale, height) {
    const range = this.pointer.draggedRange();
    if (range) {
      const [a, b] = range;
      context.fillStyle = theme.ink.accent;
      context.globalAlpha = 0.25;
      context.fillRect(a, 0, b - a, height);
      context.globalAlpha = 1;
    }
    if (view.cursorUs === null || view.cursorUs < view.from || view.cursorUs > view.to) return;
    const x = Math.round(scale.x(view.cursorUs)) + 0.5;
    context.strokeStyle = theme.ink.accent;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }

  // The row at a height of the whole content; one too many below the last.
  rowAt(y) {
    return firstWhere(0, this.rows.length, (row) => this.tops[row + 1] > y);
  }

  runsOf(row) {
    return row.cpu !== undefined ? this.run.onCpu[row.cpu] : this.run.running.get(row.task);
  }

  scale() {
    return timeScale(this.tracks.clientWidth);
  }

  // What is at a place of the window: the row, the time, and the slice or the wait
  // there; nothing beside the tracks.
  at(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.scale();
    const x = clientX - box.left;
    const number = this.rowAt(clientY - box.top + this.tracks.scrollTop);
    const row = this.rows[number];
    if (!row || x < scale.left || x > scale.left + scale.plot) return null;
    const us = scale.us(x);
    const found = { number, row, us };
    const slice = this.runsOf(row).at(us, 2 / scale.perUs);
    if (slice >= 0) return { ...found, slice };
    const wait = row.task === undefined ? -1 : this.run.waiting.get(row.task).at(us);
    return wait >= 0 ? { ...found, wait } : found;
  }
}
