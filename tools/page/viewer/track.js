// Draws one track: the slices of a task, or of a CPU. Where slices are narrower
// than pixels, a column's height is the part of its time that they take.

// What the marks at the end of a slice look like: drawn on its last pixels.
const END_MARKS = {
  T: "bar", W: "bar", P: "bar", M: "bar",
  Y: "arrow",
  B: "pause",
  X: "stop",
};
const MARK_WIDTH = 7;
// Who ran at all is to be seen.
const LEAST_COLUMN = 4;

function drawMark(context, kind, right, y, height) {
  const size = Math.min(8, height - 6);
  const left = right - size - 2;
  const top = y + (height - size) / 2;
  context.beginPath();
  if (kind === "bar") {
    context.rect(right - 3, y + 1, 3, height - 2);
  } else if (kind === "arrow") {
    context.moveTo(left, top);
    context.lineTo(left + size, top + size / 2);
    context.lineTo(left, top + size);
  } else if (kind === "pause") {
    context.rect(left + 1, top, size / 3.5, size);
    context.rect(left + size - size / 3.5, top, size / 3.5, size);
  } else {
    context.rect(left, top, size, size);
  }
  context.fill();
}

// One slice or more a pixel?
const isCrowded = (first, last, scale) => last - first > scale.plot / 3;

// Calls draw(x, part) for each pixel column that stretches take a part of.
function forColumns(stretches, scale, draw) {
  let before = stretches.timeUntil(view.from);
  for (let column = 0; column < scale.plot; ++column) {
    const until = stretches.timeUntil(view.from + (column + 1) / scale.perUs);
    const part = (until - before) * scale.perUs;
    before = until;
    if (part > 0) draw(scale.left + column, Math.min(1, part));
  }
}

// Where a slice is drawn, within the plot: [left, width], 1 pixel at least.
function sliceBox(stretches, i, scale) {
  const left = Math.max(scale.left, scale.x(stretches.from[i]));
  const right = Math.min(scale.left + scale.plot, scale.x(stretches.to[i]));
  return [left, Math.max(1, right - left)];
}

function drawWaits(context, waits, scale, y, height) {
  const [first, last] = waits.touching(view.from, view.to);
  const top = Math.round(y + height / 2 - 1.5);
  context.globalAlpha = 0.55;
  if (isCrowded(first, last, scale)) {
    forColumns(waits, scale, (x) => context.fillRect(x, top, 1, 3));
  } else {
    for (let i = first; i < last; ++i) {
      const [left, width] = sliceBox(waits, i, scale);
      context.fillRect(left, top, width, 3);
    }
  }
  context.globalAlpha = 1;
}

function drawRuns(context, run, stretches, task, scale, y, height) {
  const [first, last] = stretches.touching(view.from, view.to);
  const rgb = taskRgb(task);
  context.fillStyle = cssColor(rgb);
  if (isCrowded(first, last, scale)) {
    forColumns(stretches, scale, (x, part) => {
      const tall = Math.max(LEAST_COLUMN, part * height);
      context.fillRect(x, y + height - tall, 1, tall);
    });
    return;
  }
  for (let i = first; i < last; ++i) {
    const [left, width] = sliceBox(stretches, i, scale);
    // A gap tells one slice from the next.
    context.fillRect(left, y, width > 3 ? width - 1 : width, height);
  }
  context.fillStyle = textOn(rgb);
  for (let i = first; i < last; ++i) {
    const [left, width] = sliceBox(stretches, i, scale);
    const mark = END_MARKS[run.slices.end[stretches.slice[i]]];
    const isEndSeen = stretches.to[i] <= view.to;
    if (mark && isEndSeen && width >= 2 * MARK_WIDTH) {
      drawMark(context, mark, left + width - 2, y, height);
    }
  }
}

// Wake-ups that are closer, on average, are not marked.
const LEAST_MARK_DISTANCE = 14;

function drawWakeups(context, run, task, scale, y, height) {
  const rows = run.wakeupsOf && run.wakeupsOf.get(task);
  if (!rows) return;
  const time = (k) => run.wakeups.time[rows[k]];
  const first = firstWhere(0, rows.length, (k) => time(k) >= view.from);
  const last = firstWhere(first, rows.length, (k) => time(k) > view.to);
  // More would hide what they mark.
  if ((last - first) * LEAST_MARK_DISTANCE > scale.plot) return;
  context.fillStyle = theme.ink.text;
  context.strokeStyle = theme.ink.ground;
  context.lineWidth = 1;
  for (let k = first; k < last; ++k) {
    const x = scale.x(time(k));
    context.beginPath();
    context.moveTo(x, y + height - 4);
    context.lineTo(x + 3.5, y + height + 2);
    context.lineTo(x - 3.5, y + height + 2);
    context.closePath();
    context.stroke();
    context.fill();
  }
}

function drawTaskTrack(context, run, task, scale, y, height) {
  const runs = run.running.get(task);
  if (!runs) return;
  context.fillStyle = taskColor(task);
  drawWaits(context, run.waiting.get(task), scale, y, height);
  drawRuns(context, run, runs, task, scale, y, height);
  drawWakeups(context, run, task, scale, y, height);
}

// Of one pixel column: more are sampled.
const MOST_SLICES_A_COLUMN = 24;

// A column that many tasks share: each has the part of the height that it has of
// the time, in the order of their numbers.
function drawStack(context, run, stretches, x, y, height, from, to) {
  const [first, last] = stretches.touching(from, to);
  const step = Math.max(1, Math.ceil((last - first) / MOST_SLICES_A_COLUMN));
  const parts = new Map();
  let sum = 0;
  for (let i = first; i < last; i += step) {
    const length = Math.min(to, stretches.to[i]) - Math.max(from, stretches.from[i]);
    const task = run.slices.task[stretches.slice[i]];
    parts.set(task, (parts.get(task) || 0) + length);
    sum += length;
  }
  if (sum <= 0) return;
  let bottom = y + height;
  for (const task of [...parts.keys()].sort((a, b) => a - b)) {
    const tall = (parts.get(task) / sum) * height;
    bottom -= tall;
    context.fillStyle = taskColor(task);
    context.fillRect(x, bottom, 1, tall);
  }
}

function drawCpuTrack(context, run, cpu, scale, y, height) {
  const stretches = run.onCpu[cpu];
  const [first, last] = stretches.touching(view.from, view.to);
  if (isCrowded(first, last, scale)) {
    forColumns(stretches, scale, (x, part) => {
      const tall = Math.max(LEAST_COLUMN, part * height);
      const from = scale.us(x);
      drawStack(context, run, stretches, x, y + height - tall, tall, from, from + 1 / scale.perUs);
    });
    return;
  }
  const shown = new Set(view.tasks);
  context.font = `${Math.min(14, height - 2)}px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (let i = first; i < last; ++i) {
    const task = run.slices.task[stretches.slice[i]];
    const [left, width] = sliceBox(stretches, i, scale);
    const rgb = taskRgb(task);
    context.globalAlpha = shown.has(task) ? 1 : 0.3;
    context.fillStyle = cssColor(rgb);
    context.fillRect(left, y, width > 3 ? width - 1 : width, height);
    context.globalAlpha = 1;
    if (width < 34 || !shown.has(task)) continue;
    const name = fitText(context, nameOf(task), width - 10);
    context.fillStyle = textOn(rgb);
    context.fillText(name, left + 5, y + height / 2 + 0.5);
  }
}

// Returns the text, or its beginning and an ellipsis, no wider than that; "" if
// nothing of it has room.
function fitText(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const characters = [...text];
  const fits = (count) => context.measureText(`${characters.slice(0, count).join("")}…`).width <= width;
  const count = firstWhere(0, characters.length + 1, (n) => !fits(n)) - 1;
  return count < 2 ? "" : `${characters.slice(0, count).join("")}…`;
}

// Returns the text with its middle left out: what numbers instances is at the end.
function fitName(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const characters = [...text];
  const short = (count) => {
    const tail = Math.min(4, Math.floor(count / 2));
    return `${characters.slice(0, count - tail).join("")}…${characters.slice(characters.length - tail).join("")}`;
  };
  const fits = (count) => context.measureText(short(count)).width <= width;
  return short(Math.max(1, firstWhere(1, characters.length, (n) => !fits(n)) - 1));
}
