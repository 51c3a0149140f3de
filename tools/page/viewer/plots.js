// Pictures that compare the policies: who got how much of the CPU, and how long
// tasks that were woken had to wait for it.

const MOST_SEGMENTS = 40;

const NO_TASK_FITS = "The search found no task.";

// A bar a policy, a segment a task; what is left of it was idle, or of tasks that
// the filter hides.
function shareRow(run) {
  const total = run.endUs * run.cpus;
  const parts = view.tasks
    .map((task) => ({ task, part: total > 0 ? (run.figure(task, "cpu_us") || 0) / total : 0 }))
    .filter(({ part }) => part > 0);
  const large = new Set(
    [...parts].sort((a, b) => b.part - a.part).slice(0, MOST_SEGMENTS).map(({ task }) => task),
  );
  const segments = parts.filter(({ task }) => large.has(task));
  const rest = parts.filter(({ task }) => !large.has(task));
  const restPart = rest.reduce((sum, { part }) => sum + part, 0);
  const segment = (color, part, text, title) =>
    make(
      "span",
      { title, class: part >= 0.01 ? "wide" : null, style: { width: `${100 * part}%`, background: cssColor(color), color: textOn(color) } },
      part >= 0.07 ? text : "",
    );
  const words = segments.map(({ task, part }) => `${nameOf(task)} ${percent(part)}`);
  if (rest.length) words.push(`${rest.length} others ${percent(restPart)}`);
  return make(
    "div",
    { class: "share-row" },
    make("span", { title: run.label }, run.label),
    make(
      "div",
      { class: "share-bar", role: "img", "aria-label": `${run.label}: ${words.join(", ") || "nobody ran"}` },
      segments.map(({ task, part }) =>
        segment(taskRgb(task), part, percent(part, part < 0.1 ? 0 : 1), `${nameOf(task)}: ${percent(part, 2)}`),
      ),
      rest.length
        ? segment(taskRgb(NOBODY), restPart, `${rest.length} others`, `${rest.length} others: ${percent(restPart, 2)}`)
        : null,
    ),
  );
}

function drawShares() {
  const cpus = view.runs.some((run) => run.cpus > 1) ? "all CPUs' time" : "the CPU's time";
  byId("shares-title").replaceChildren(
    "Who got the CPU",
    make("small", {}, `part of ${cpus} in the run; what is empty was idle`),
  );
  const legend = view.tasks.slice(0, 24).map((task) => make("li", {}, named(task)));
  if (view.tasks.length > 24) legend.push(make("li", {}, `and ${view.tasks.length - 24} more`));
  if (view.tasks.length === 0) {
    byId("shares").replaceChildren(make("p", { class: "soft" }, NO_TASK_FITS));
    return;
  }
  byId("shares").replaceChildren(
    ...view.runs.map(shareRow),
    make(
      "div",
      { class: "share-row", "aria-hidden": "true" },
      make("span", {}, ""),
      make("div", { class: "share-axis" }, ["0 %", "25 %", "50 %", "75 %", "100 %"].map((text) => make("span", {}, text))),
    ),
    make("ul", { class: "plot-legend", "aria-label": "Tasks" }, legend),
  );
}

// In pixels; `zero` is the room for those without latency, left of the axis.
const LATENCY = { left: 4, right: 36, row: 96, zero: 84, axis: 44, columns: 60 };

// Sums the wake-ups of a run in columns between powers of ten; those that had no
// latency, which a logarithm has no place for, apart.
function binLatency(run, low, high, bins) {
  const latency = run.latencyOf(view.tasks);
  const columns = new Float64Array(bins);
  let none = 0;
  for (const value of latency.values) {
    const part = latency.counts.get(value) / latency.total;
    const place = ((Math.log10(value) - low) / (high - low)) * bins;
    if (value === 0) none += part;
    else columns[clamp(Math.floor(place), 0, bins - 1)] += part;
  }
  return { run, latency, columns, none };
}

// What the figures of a row say, in pieces between which a line may break.
function latencyPieces({ latency, none }) {
  if (latency.total === 0) return ["no wake-ups"];
  const pieces = [
    `p50 ${roughTime(latency.quantile(0.5))}`,
    `p99 ${roughTime(latency.quantile(0.99))}`,
    `max ${roughTime(latency.max)}`,
  ];
  if (none > 0 && none < 1) pieces.push(`no wait for ${percent(none, 0)}`);
  return pieces;
}

const latencyWords = (binned) => latencyPieces(binned).join(" · ");

// The same as lines of at most so many characters, where a piece fits in one.
function latencyLines(binned, characters) {
  const lines = [];
  for (const piece of latencyPieces(binned)) {
    const last = lines.length - 1;
    const longer = `${lines[last]} · ${piece}`;
    if (last >= 0 && longer.length <= characters) lines[last] = longer;
    else lines.push(piece);
  }
  return lines;
}

const svgText = (x, y, text, attributes = {}) =>
  makeSvg("text", { x, y, "font-size": 14, ...attributes }, text);

// A row a policy, all with one logarithmic axis and one scale of heights.
function drawLatencies() {
  const known = view.runs.filter((run) => run.latencies);
  const woken = known.map((run) => run.latencyOf(view.tasks)).filter(({ total }) => total > 0);
  const caption = byId("latency-title");
  caption.replaceChildren("From wake-up to CPU");
  if (woken.length === 0) {
    const why =
      view.tasks.length === 0
        ? NO_TASK_FITS
        : known.length
          ? `No task was woken up${view.tasks.length < view.taskCount ? " of those that the search found" : " in these runs"}.`
          : "This trace holds no wake-ups.";
    byId("latency").replaceChildren(make("p", { class: "soft" }, why));
    return;
  }
  const whose = view.tasks.length === view.taskCount ? "all tasks" : plural(view.tasks.length, "task");
  caption.append(make("small", {}, `part of the wake-ups of ${whose}, by their latency (logarithmic)`));

  const { left, right, zero, axis, columns } = LATENCY;
  const width = clamp(byId("latency").clientWidth, 280, 900);
  const positive = woken.flatMap(({ values }) => values.filter((value) => value > 0));
  const least = positive.reduce((a, b) => Math.min(a, b), Infinity);
  const most = positive.reduce((a, b) => Math.max(a, b), 1);
  const low = Number.isFinite(least) ? Math.floor(Math.log10(least)) : 0;
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const hasNone = woken.some(({ counts }) => counts.has(0));
  const plotLeft = left + (hasNone ? zero : 24);
  const wide = (width - right - plotLeft) / columns;
  const edge = (k) => 10 ** (low + ((high - low) * k) / columns);
  const x = (us) => plotLeft + ((Math.log10(us) - low) / (high - low)) * wide * columns;
  const rows = known.map((run) => binLatency(run, low, high, columns));
  // Where a line has no room for a name and the figures, these have lines of
  // their own below. A character is 8 pixels wide at most, on average.
  const words = rows.map((binned) => latencyLines(binned, Math.floor(width / 8)));
  const narrow = width < 480 ? 20 * Math.max(...words.map((lines) => lines.length)) : 0;
  const row = LATENCY.row + narrow;
  const tallest = rows.reduce((a, r) => r.columns.reduce((c, d) => Math.max(c, d), Math.max(a, r.none)), 0);
  const bottom = row * rows.length;
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${bottom + axis}`, role: "img" });
  for (let power = low; power <= high; ++power) {
    const at = x(10 ** power);
    svg.append(svgText(at, bottom + 20, roughTime(10 ** power), { "text-anchor": "middle" }));
    for (let i = 0; i < rows.length; ++i) {
      svg.append(makeSvg("line", { class: "grid", x1: at, x2: at, y1: row * i + 26 + narrow, y2: row * (i + 1) - 6 }));
    }
  }
  if (hasNone) svg.append(svgText(left + (zero - 24) / 2, bottom + 20, "0", { "text-anchor": "middle" }));
  svg.append(svgText((plotLeft + width) / 2, bottom + 40, "latency", { class: "soft", "text-anchor": "middle" }));
  rows.forEach((binned, i) => {
    const { run, latency, none } = binned;
    const base = row * (i + 1) - 6;
    const room = row - 36 - narrow;
    const column = (at, columnWidth, part, title) => {
      if (part <= 0) return;
      const tall = Math.max(2, (part / tallest) * room);
      svg.append(
        makeSvg("rect", { class: "column", x: at, y: base - tall, width: columnWidth, height: tall },
          makeSvg("title", {}, `${title}: ${percent(part)}`)),
      );
    };
    svg.append(
      svgText(left, row * i + 18, shortened(run.label, 20), { "font-weight": 600, "font-size": 15 }),
      ...(narrow > 0
        ? words[i].map((line, k) => svgText(left, row * i + 38 + 20 * k, line, { class: "soft" }))
        : [svgText(width, row * i + 18, latencyWords(binned), { class: "soft", "text-anchor": "end" })]),
      makeSvg("line", { class: "axis", x1: left, x2: width - right, y1: base, y2: base }),
    );
    column(left, zero - 24, none, "no wait");
    binned.columns.forEach((part, k) => {
      column(plotLeft + k * wide, wide - 1, part, `${roughTime(edge(k))} to ${roughTime(edge(k + 1))}`);
    });
    if (latency.total === 0) return;
    for (const us of [latency.quantile(0.5), latency.quantile(0.99), latency.max]) {
      const at = us > 0 ? x(us) : left + (zero - 24) / 2;
      svg.append(makeSvg("path", { class: "mark", d: `M${at} ${base} l4 6 h-8 z` }));
    }
  });
  svg.setAttribute("aria-label", `Latency from wake-up to CPU. ${rows.map((r) => `${r.run.label}: ${latencyWords(r)}`).join(". ")}.`);
  byId("latency").replaceChildren(svg);
}

const shortened = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
