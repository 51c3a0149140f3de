// What is looked at: which workload, which time, which tasks. Those who draw
// register with onDraw; whoever changes something calls a function here.

// Nothing is to be seen below a microsecond.
const SHORTEST_VIEW_US = 20;
const WHEEL_STEP = 1.0015;

const view = {
  workload: data.workloads[0],
  runs: [],
  from: 0,
  to: 1,
  end: 1,
  // Tasks whose name fits the filter, of all runs; in order of their numbers.
  tasks: [],
  filter: "",
  // Where the pointer is, for a line through all panels; or null.
  cursorUs: null,
};

const drawers = [];
const rebuilders = [];
let frame = 0;

// `draw` is called, once a frame, when the time range or the look changed.
function onDraw(draw) {
  drawers.push(draw);
}

// `rebuild` is called when other runs or other tasks are to be shown.
function onRebuild(rebuild) {
  rebuilders.push(rebuild);
}

function requestDraw() {
  if (frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    for (const draw of drawers) draw();
  });
}

function rebuild() {
  for (const each of rebuilders) each();
  requestDraw();
}

function setRange(from, to) {
  let length = clamp(to - from, Math.min(SHORTEST_VIEW_US, view.end), view.end);
  // What is nearly all is all: steps back out do not add up exactly.
  if (length > view.end * (1 - 1e-9)) length = view.end;
  view.from = clamp(from + (to - from - length) / 2, 0, view.end - length);
  view.to = view.from + length;
  requestDraw();
}

const showAll = () => setRange(0, view.end);

// Zooms by a factor (2: twice as close) around a time, which stays in place.
function zoom(factor, around = (view.from + view.to) / 2) {
  const low = SHORTEST_VIEW_US / (view.to - view.from);
  const high = view.end / (view.to - view.from);
  const scale = clamp(1 / factor, Math.min(low, 1), Math.max(high, 1));
  setRange(around - (around - view.from) * scale, around + (view.to - around) * scale);
}

// Moves by a part of what is seen.
function pan(part) {
  const by = part * (view.to - view.from);
  const from = clamp(view.from + by, 0, Math.max(0, view.end - (view.to - view.from)));
  setRange(from, from + (view.to - view.from));
}

const isWhole = () => view.to - view.from >= view.end;

// A task fits if its name contains one of the words, or if there are none.
function setFilter(text) {
  view.filter = text;
  const words = text.toLowerCase().split(/[\s,]+/).filter((word) => word !== "");
  const there = new Set(view.runs.flatMap((run) => run.tasks));
  view.tasks = [...there]
    .sort((a, b) => a - b)
    .filter((task) => {
      const name = nameOf(task).toLowerCase();
      return words.length === 0 || words.some((word) => name.includes(word));
    });
  view.taskCount = there.size;
  rebuild();
}

function setWorkload(name) {
  view.workload = name;
  view.runs = data.runs.filter((run) => run.workload === name);
  view.end = Math.max(1, ...view.runs.map((run) => run.endUs));
  view.from = 0;
  view.to = view.end;
  setFilter(view.filter);
}
