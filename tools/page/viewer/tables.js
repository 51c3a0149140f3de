// The figures: the whole runs side by side, and a table of tasks for each.

const MOST_ROWS = 200;

const exact = (us) => (us === undefined || us < 0 ? "–" : exactMs(us));
const count = (number) => (number === undefined || number < 0 ? "–" : grouped(number));

// Of the tasks shown, in all: with a bar, so that large and small are seen.
const RUN_COLUMNS = [
  { title: "Switches", value: (run) => run.figures.switches, text: (v) => grouped(v) },
  { title: "Runs done/s", hint: "bursts of CPU time completed a second: the throughput", value: (run) => run.figures.throughput, text: (v) => fixed(v, 1) },
  { title: "CPU busy", value: (run) => run.figures.utilization, text: (v) => percent(v, 2) },
  { title: "Jain fairness", hint: "1: all tasks got the same CPU time", value: (run) => run.figures.fairness, text: (v) => v.toFixed(4) },
  { title: "Latency p50, ms", hint: "from wake-up to CPU, of the tasks shown", value: (run) => run.glance.p50, text: exact },
  { title: "Latency p99, ms", value: (run) => run.glance.p99, text: exact },
  { title: "Latency max, ms", value: (run) => run.glance.max, text: exact },
  { title: "Longest wait, ms", hint: "runnable without a CPU, in one piece", value: (run) => run.glance.longest, text: exact },
];

function glanceOf(run) {
  const latency = run.latencyOf(view.tasks);
  const known = run.latencies && latency.total > 0;
  return {
    p50: known ? latency.quantile(0.5) : undefined,
    p99: known ? latency.quantile(0.99) : undefined,
    max: known ? latency.max : undefined,
    longest: Math.max(-1, ...view.tasks.map((task) => run.figure(task, "longest_wait_us") ?? -1)),
  };
}

function drawGlance() {
  for (const run of view.runs) run.glance = glanceOf(run);
  const head = RUN_COLUMNS.map(({ title, hint }) => make("th", { scope: "col", title: hint }, title));
  const largest = RUN_COLUMNS.map(({ value }) => Math.max(0, ...view.runs.map((run) => value(run) || 0)));
  const rows = view.runs.map((run) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, run.label),
      RUN_COLUMNS.map(({ value, text }, i) => {
        const v = value(run);
        const part = v > 0 && largest[i] > 0 ? v / largest[i] : 0;
        return make("td", { class: "bar" }, text(v), make("i", { style: { "--part": `${100 * part}%` } }));
      }),
    ),
  );
  const glance = byId("glance");
  glance.replaceChildren(
    make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Policy"), head)), make("tbody", {}, rows)),
  );
  if (!glance.nextElementSibling.classList.contains("scroll-hint")) {
    glance.after(withScrollHint(glance, "policies")[1]);
  }
}

const TASK_COLUMNS = [
  { title: "CPU, ms", key: "cpu_us", text: exact },
  { title: "Share", key: "cpu_us", text: (v, run) => (v === undefined ? "–" : percent(run.endUs > 0 ? v / run.endUs : 0, 2)) },
  { title: "Switches", key: "switches", text: count },
  { title: "Preempted", key: "preemptions", text: count },
  { title: "Waiting, ms", key: "waiting_us", text: exact },
  { title: "Longest wait, ms", key: "longest_wait_us", text: exact },
  { title: "Latency p50, ms", key: "latency_p50_us", text: exact, needsWakeups: true },
  { title: "Latency p99, ms", key: "latency_p99_us", text: exact, needsWakeups: true },
  { title: "Latency max, ms", key: "latency_max_us", text: exact, needsWakeups: true },
  { title: "Turnaround, ms", key: "turnaround_us", text: exact },
];

const tableState = { sortBy: null, descending: true, all: false };

function figureOf(run, task, column) {
  if (column.needsWakeups && !run.figure(task, "wakeups")) return undefined;
  return run.figure(task, column.key);
}

function sortedTasks(run) {
  const tasks = view.tasks.filter((task) => run.rowOfTask.has(task));
  if (tableState.sortBy === null) return tasks;
  const column = TASK_COLUMNS[tableState.sortBy];
  const sign = tableState.descending ? -1 : 1;
  return tasks.sort((a, b) => sign * ((figureOf(run, a, column) ?? -1) - (figureOf(run, b, column) ?? -1)) || a - b);
}

function sortBy(column) {
  if (tableState.sortBy !== column) Object.assign(tableState, { sortBy: column, descending: column !== null });
  else tableState.descending = !tableState.descending;
  drawFigures();
}

function figuresTable(run) {
  const sorting = (i) =>
    tableState.sortBy === i && i !== null ? (tableState.descending ? "descending" : "ascending") : null;
  const head = TASK_COLUMNS.map(({ title }, i) =>
    make(
      "th",
      { scope: "col", "aria-sort": sorting(i) },
      make("button", { type: "button", on: { click: () => sortBy(i) } }, title),
    ),
  );
  const tasks = sortedTasks(run);
  const shown = tableState.all ? tasks : tasks.slice(0, MOST_ROWS);
  const rows = shown.map((task) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", title: nameOf(task) }, named(task)),
      TASK_COLUMNS.map((column) => make("td", {}, column.text(figureOf(run, task, column), run))),
    ),
  );
  return make(
    "section",
    { class: "figures-of", "aria-label": `Figures under ${run.label}` },
    make("h3", {}, run.label),
    withScrollHint(
      make(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table of tasks under ${run.label}` },
        make(
          "table",
          {},
          make("thead", {}, make("tr", {}, make("th", { scope: "col" }, make("button", { type: "button", on: { click: () => sortBy(null) } }, "Task")), head)),
          make("tbody", {}, rows),
        ),
      ),
      "tasks",
    ),
    shown.length < tasks.length
      ? make(
          "button",
          {
            type: "button",
            class: "more",
            on: {
              click: () => {
                tableState.all = true;
                drawFigures();
              },
            },
          },
          `Show all ${grouped(tasks.length)} tasks`,
        )
      : null,
  );
}

function drawFigures() {
  byId("figures").replaceChildren(...view.runs.map(figuresTable));
}
