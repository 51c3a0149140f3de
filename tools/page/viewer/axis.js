// The time axis, and what all timelines have in common: canvases and the place of
// a time on them.

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

// Left of every timeline is room for names: as much as the longest takes, within
// reason.
let longestName = 0;

function measureNames() {
  const context = byId("axis").getContext("2d");
  context.font = `14px ${FONT}`;
  longestName = 0;
  for (const task of view.tasks) {
    longestName = Math.max(longestName, context.measureText(nameOf(task)).width);
  }
}

function gutterWidth(width) {
  return Math.round(clamp(longestName + 40, 86, Math.max(86, Math.min(210, width * 0.3))));
}

// Where times are on a canvas of that width.
function timeScale(width) {
  const left = gutterWidth(width);
  const plot = Math.max(10, width - left - 1);
  const perUs = plot / (view.to - view.from);
  return {
    left,
    plot,
    perUs,
    x: (us) => left + (us - view.from) * perUs,
    us: (x) => view.from + (x - left) / perUs,
  };
}

// Gives the canvas a size in CSS pixels, sharp on any screen, and clears it.
function beginDrawing(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const TIME_UNITS = [
  { us: 1e6, name: "s" },
  { us: 1e3, name: "ms" },
  { us: 1, name: "µs" },
];

// Chooses round times in [from, to], at least `leastUs` apart. Each label has the
// unit of the step, so that neighbours are easy to compare.
function timeTicks(from, to, leastUs) {
  const power = 10 ** Math.floor(Math.log10(leastUs));
  const step = Math.max(1, [1, 2, 5, 10].map((k) => k * power).find((us) => us >= leastUs));
  const unit = TIME_UNITS.find(({ us }) => step >= us) || TIME_UNITS[2];
  // Half a second is better read as 0.5 s than as 500 ms, if others are whole.
  const shown = step >= 1e5 ? TIME_UNITS[0] : unit;
  const digits = Math.max(0, Math.ceil(-Math.log10(step / shown.us) - 1e-9));
  const ticks = [];
  for (let i = Math.ceil(from / step); i * step <= to * (1 + 1e-12); ++i) {
    // Zero has no decimals to compare.
    const [whole, part] = i === 0 ? ["0"] : ((i * step) / shown.us).toFixed(digits).split(".");
    ticks.push({
      us: i * step,
      label: `${grouped(whole)}${part === undefined ? "" : `.${part}`}\u00a0${shown.name}`,
    });
  }
  return ticks;
}

// The ticks of what is seen, on a canvas of that width.
function viewTicks(width) {
  const { plot } = timeScale(width);
  let least = ((view.to - view.from) * 74) / plot;
  let ticks = timeTicks(view.from, view.to, least);
  // Long labels, far from the start and close up, take more room.
  const longest = Math.max(0, ...ticks.map((tick) => tick.label.length));
  if (longest > 8) {
    least *= longest / 8;
    ticks = timeTicks(view.from, view.to, least);
  }
  return ticks;
}

function drawAxis() {
  const canvas = byId("axis");
  const width = canvas.parentElement.clientWidth;
  const height = 30;
  const context = beginDrawing(canvas, width, height);
  const scale = timeScale(width);
  context.font = `13px ${FONT}`;
  context.fillStyle = theme.ink["soft-text"];
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillText("time", scale.left - 12, 12);
  context.fillStyle = theme.ink.text;
  context.strokeStyle = theme.ink["strong-line"];
  context.textAlign = "center";
  for (const { us, label } of viewTicks(width)) {
    const x = Math.round(scale.x(us)) + 0.5;
    const half = context.measureText(label).width / 2;
    context.fillText(label, clamp(x, scale.left + half, width - half - 1), 12);
    context.beginPath();
    context.moveTo(x, 22);
    context.lineTo(x, height);
    context.stroke();
  }
}
