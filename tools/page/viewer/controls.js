// The toolbar, the overview, the keys that work everywhere, and the legend.

let panels = [];

function rebuildPanels() {
  if (panels.length === view.runs.length && panels.every((panel, i) => panel.run === view.runs[i])) {
    for (const panel of panels) panel.layOut();
    return;
  }
  panels = view.runs.map((run) => new Panel(run));
  byId("panels").replaceChildren(...panels.map((panel) => panel.element));
}

// In a narrow window the toolbar takes several lines: there it scrolls away, and
// only the axis below it stays.
const NARROW = 560;

function placeToolbar() {
  const toolbar = document.querySelector(".toolbar");
  const isNarrow = document.documentElement.clientWidth <= NARROW;
  const above = byId("overview").offsetTop - 4;
  toolbar.parentElement.style.top = isNarrow ? `${-above}px` : "0";
}

function drawRange() {
  const length = view.to - view.from;
  byId("range").textContent = isWhole()
    ? `0 to ${exactMs(view.to)} ms, the whole run`
    : `${exactMs(view.from)} to ${exactMs(view.to)} ms (${roughTime(length)})`;
  byId("zoom-out").disabled = byId("zoom-all").disabled = isWhole();
  byId("zoom-in").disabled = length <= SHORTEST_VIEW_US;
  byId("earlier").disabled = view.from <= 0;
  byId("later").disabled = view.to >= view.end;
}

// The whole run in small, with a window around what is seen.
function drawOverview() {
  const canvas = byId("overview");
  const width = canvas.parentElement.clientWidth;
  const height = 22;
  const context = beginDrawing(canvas, width, height);
  const left = gutterWidth(width);
  const plot = Math.max(10, width - left - 1);
  context.font = `13px ${FONT}`;
  context.fillStyle = theme.ink["soft-text"];
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillText("whole run", left - 12, height / 2);
  context.fillStyle = theme.ink.lane;
  context.fillRect(left, 3, plot, height - 6);
  const from = left + (view.from / view.end) * plot;
  const to = left + (view.to / view.end) * plot;
  context.fillStyle = theme.ink.accent;
  context.globalAlpha = 0.3;
  context.fillRect(from, 3, Math.max(2, to - from), height - 6);
  context.globalAlpha = 1;
  context.strokeStyle = theme.ink.accent;
  context.lineWidth = 2;
  context.strokeRect(from + 1, 3, Math.max(2, to - from - 2), height - 6);
}

function listenToOverview() {
  const canvas = byId("overview");
  let isDown = false;
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const left = gutterWidth(box.width);
    const middle = ((event.clientX - box.left - left) / Math.max(10, box.width - left - 1)) * view.end;
    const length = view.to - view.from;
    const from = clamp(middle - length / 2, 0, view.end - length);
    setRange(from, from + length);
  };
  fill(canvas, {
    on: {
      pointerdown: (event) => {
        isDown = true;
        canvas.setPointerCapture(event.pointerId);
        move(event);
      },
      pointermove: (event) => {
        if (isDown) move(event);
      },
      pointerup: () => (isDown = false),
      pointercancel: () => (isDown = false),
    },
  }, []);
}

function onKey(event) {
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape") {
    hideTip(true);
    if (event.target.id === "filter") event.target.blur();
    return;
  }
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const isInTable = event.target.closest && event.target.closest(".scroll");
  const act = {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: showAll,
    ArrowLeft: isInTable ? undefined : () => pan(-0.1),
    ArrowRight: isInTable ? undefined : () => pan(0.1),
    "/": () => byId("filter").focus(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

const HELP = [
  ["Zoom", ["wheel, or drag over a stretch of time; ", "+", " and ", "−", "; ", "0", " or double-click for the whole run"]],
  ["Move", ["drag in the overview, Shift and drag, wheel sideways; ", "←", " and ", "→"]],
  ["Look", ["the pointer over a slice tells of it; a click keeps the box, ", "Esc", " closes it"]],
  ["Keys", ["in a timeline ", "↑", " and ", "↓", " choose a track, ", "n", " and ", "p", " its next and previous slice, ", "Enter", " zooms to it; ", "/", " goes to the search"]],
];

function fillHelp() {
  byId("help-text").append(
    make(
      "dl",
      {},
      HELP.flatMap(([what, how]) => [
        make("dt", {}, what),
        make("dd", {}, how.map((part) => (part.length <= 5 && !part.includes(" ") ? make("kbd", {}, part) : part))),
      ]),
    ),
  );
}

// A small picture of what the timelines draw.
function legendPicture(draw, width = 30) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  draw(beginDrawing(canvas, width, 18), taskRgb(0));
  return canvas;
}

function drawLegend() {
  const slice = (kind) => (context, rgb) => {
    context.fillStyle = cssColor(rgb);
    context.fillRect(0, 1, 28, 16);
    context.fillStyle = textOn(rgb);
    if (kind) drawMark(context, kind, 26, 1, 16);
  };
  const entries = [
    [slice(""), "on the CPU"],
    [
      (context, rgb) => {
        context.fillStyle = cssColor(rgb);
        context.globalAlpha = 0.55;
        context.fillRect(0, 8, 30, 3);
      },
      "runnable, waiting",
    ],
    [
      (context) => {
        context.fillStyle = theme.ink.text;
        context.beginPath();
        context.moveTo(15, 8);
        context.lineTo(19, 14);
        context.lineTo(11, 14);
        context.fill();
      },
      "woken up (marked once there is room)",
    ],
    [slice("bar"), "preempted"],
    [slice("pause"), "blocked"],
    [slice("arrow"), "yielded"],
    [slice("stop"), "finished"],
    [
      (context, rgb) => {
        context.fillStyle = cssColor(rgb);
        [3, 7, 12, 9, 16, 5, 11, 14, 6, 10].forEach((tall, i) => context.fillRect(i * 3, 17 - tall, 3, tall));
      },
      "many slices: the higher, the more of the CPU",
    ],
  ];
  byId("legend").replaceChildren(
    ...entries.map(([draw, text]) => make("li", {}, legendPicture(draw), text)),
  );
}

function showFilterCount() {
  byId("filter-count").textContent =
    view.tasks.length === view.taskCount
      ? plural(view.taskCount, "task")
      : `${grouped(view.tasks.length)} of ${plural(view.taskCount, "task")}`;
}

function showThemeName() {
  byId("theme").textContent = theme.name === "dark" ? "Light colours" : "Dark colours";
}

function changeTheme(name) {
  setTheme(name);
  showThemeName();
  drawLegend();
  rebuild();
}

function listenToControls() {
  const buttons = {
    "zoom-in": () => zoom(1.5),
    "zoom-out": () => zoom(1 / 1.5),
    "zoom-all": showAll,
    earlier: () => pan(-0.25),
    later: () => pan(0.25),
    theme: () => changeTheme(theme.name === "dark" ? "light" : "dark"),
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
  darkPreferred.addEventListener("change", () => changeTheme(darkPreferred.matches ? "dark" : "light"));
  let timer = 0;
  byId("filter").addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => setFilter(event.target.value), 120);
  });
  document.addEventListener("keydown", onKey);
  let width = 0;
  new ResizeObserver(() => {
    requestDraw();
    if (width !== document.body.clientWidth) drawLatencies();
    width = document.body.clientWidth;
  }).observe(document.body);
  listenToOverview();

  const choice = byId("workload");
  if (data.workloads.length > 1) {
    byId("workload-choice").hidden = false;
    choice.append(...data.workloads.map((name) => make("option", { value: name }, name)));
    choice.addEventListener("change", () => {
      hideTip(true);
      setWorkload(choice.value);
      showTitle();
    });
  }
}

function showTitle() {
  const name = view.workload === "-" ? "standard input" : view.workload.split("/").pop();
  document.title = `${name} · jiffy`;
  byId("title").textContent = name;
  const policies = [...new Set(view.runs.map((run) => run.policy))];
  const kinds = new Set(view.runs.map((run) => run.live));
  byId("subtitle").textContent =
    `${plural(view.taskCount, "task")} under ${policies.join(", ")}` +
    (kinds.size > 1 ? ", simulated and live" : "");
}
