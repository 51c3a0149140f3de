// The box that tells of a slice: from when to when, why it ended, and why the
// policy chose this task.

let isPinned = false;

function announce(text) {
  byId("announce").textContent = text;
}

// Shows the box near a place of the window, without covering that, nor `clear`
// pixels above it. A pinned one stays until Escape or its button closes it.
function showTip(content, x, y, pin = false, clear = 14) {
  if (isPinned && !pin) return;
  const tip = byId("tip");
  isPinned = pin;
  tip.classList.toggle("pinned", pin);
  tip.replaceChildren(content);
  if (pin) {
    tip.append(
      make("button", { type: "button", class: "close", "aria-label": "Close", on: { click: () => hideTip(true) } }, "×"),
    );
  }
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const [roomX, roomY] = [document.documentElement.clientWidth, window.innerHeight];
  const right = x + 16;
  const below = y + 18;
  const left = right + width + 8 <= roomX ? right : x - width - 16;
  const top = below + height + 8 <= roomY ? below : y - height - clear;
  tip.style.left = `${clamp(left, 8, Math.max(8, roomX - width - 8))}px`;
  tip.style.top = `${clamp(top, 8, Math.max(8, roomY - height - 8))}px`;
}

function hideTip(force = false) {
  if (isPinned && !force) return;
  isPinned = false;
  byId("tip").hidden = true;
}

const named = (task) =>
  make("span", {}, make("span", { class: "swatch", style: { background: taskColor(task) } }), nameOf(task));

const period = (from, to) => `${exactMs(from)} to ${exactMs(to)} ms, ${exactMs(to - from)} ms long`;

// The decision: why it was due, how the policy chooses, and who could be chosen.
function explainDecision(run, cpu, us, since) {
  if (!run.decisions || run.decisions.time.length === 0) {
    return make("div", { class: "why soft" }, "This trace holds no decisions.");
  }
  const decision = run.decisionAt(cpu, us);
  if (!decision) return make("div", { class: "why soft" }, "This decision is not kept.");
  const again = decision.time > since ? ", once more" : "";
  const rows = decision.candidates.map(({ task, before, after }) =>
    make(
      "tr",
      { class: task === decision.next ? "chosen" : null },
      make("td", {}, task === decision.next ? "▸" : ""),
      make("td", {}, named(task)),
      make("td", {}, before === after ? after : `${before} → ${after}`),
    ),
  );
  return make(
    "div",
    { class: "why" },
    make("div", { class: "soft" }, `Decided at ${exactMs(decision.time)} ms on CPU ${cpu}${again}`),
    make(
      "div",
      {},
      `${decision.cause}; ` +
        (decision.next === NOBODY ? "nobody is runnable" : `takes ${decision.rule || nameOf(decision.next)}`),
    ),
    rows.length ? make("table", {}, make("tbody", {}, rows)) : null,
    decision.hidden ? make("div", { class: "soft" }, `and ${decision.hidden} more`) : null,
  );
}

// Which CPU had been busy with others while a task waited: the one it gets next.
function cpuOfWait(run, slice) {
  return slice >= 0 ? run.slices.cpu[slice] : 0;
}

// `found` is what Panel.at returned, with a slice or a wait.
function explain(run, found) {
  const { row, us } = found;
  if (found.slice === undefined) {
    const waits = run.waiting.get(row.task);
    const [from, to] = [waits.from[found.wait], waits.to[found.wait]];
    const cpu = cpuOfWait(run, waits.slice[found.wait]);
    return make(
      "div",
      {},
      make("h4", {}, named(row.task)),
      make("div", {}, "runnable, but has to wait"),
      make("div", {}, period(from, to)),
      explainDecision(run, cpu, us, from),
    );
  }
  const stretches = row.cpu !== undefined ? run.onCpu[row.cpu] : run.running.get(row.task);
  const slice = stretches.slice[found.slice];
  const { start, length, waited, task, cpu, end } = run.slices;
  const [from, to] = [start[slice], start[slice] + length[slice]];
  const wakeup = run.lastWakeup(task[slice], from - waited[slice], from);
  const perPixel = (view.to - view.from) / timeScale(byId("axis").clientWidth).plot;
  const [first, last] = stretches.touching(us - perPixel / 2, us + perPixel / 2);
  return make(
    "div",
    {},
    make("h4", {}, named(task[slice])),
    make("div", {}, period(from, to), run.cpus > 1 ? ` on CPU ${cpu[slice]}` : ""),
    make("div", {}, `Ended: ${ENDS[end[slice]]}`),
    wakeup
      ? make("div", {}, `Woken at ${exactMs(wakeup.time)} ms by ${wakeup.by === NOBODY ? "a timer" : nameOf(wakeup.by)}`)
      : null,
    waited[slice] > 0 ? make("div", {}, `Waited ${exactMs(waited[slice])} ms for the CPU`) : null,
    explainDecision(run, cpu[slice], clamp(us, from, Math.max(from, to - 1e-6)), from),
    last - first > 2
      ? make("div", { class: "soft" }, `${plural(last - first, "slice")} on this pixel: zoom in to see them`)
      : null,
  );
}
