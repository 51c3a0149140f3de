// The data of the page, as tools/page/run_json.h describes it, made ready for
// drawing.

const NOBODY = -1;
const UNKEPT_TASK = -2;

// What the letters of slice ends mean.
const ENDS = {
  T: "preempted: the tick ended its turn",
  W: "preempted by a task that woke up",
  P: "preempted",
  Y: "yielded",
  B: "blocked",
  X: "finished",
  M: "moved to another CPU",
  E: "on the CPU when the run ended",
  C: "went on; what follows was not kept",
};

// Stretches of time that follow one another: from[i] <= to[i] <= from[i + 1].
class Stretches {
  constructor(count) {
    this.from = new Float64Array(count);
    this.to = new Float64Array(count);
    // Of which slice of the run it is (or that it leads up to).
    this.slice = new Int32Array(count);
    // The time in all stretches before each.
    this.before = new Float64Array(count + 1);
    this.length = 0;
  }

  add(from, to, slice) {
    const i = this.length++;
    this.from[i] = from;
    this.to[i] = to;
    this.slice[i] = slice;
    this.before[i + 1] = this.before[i] + (to - from);
  }

  // How much of the time before t lies in stretches.
  timeUntil(t) {
    const i = firstWhere(0, this.length, (k) => this.from[k] > t);
    if (i === 0) return 0;
    return this.before[i - 1] + Math.min(t, this.to[i - 1]) - this.from[i - 1];
  }

  // The indices [first, last) of those that touch [from, to].
  touching(from, to) {
    return [
      firstWhere(0, this.length, (k) => this.to[k] >= from),
      firstWhere(0, this.length, (k) => this.from[k] > to),
    ];
  }

  // The index of the one at t, or of the nearest one not further than `slack`; else -1.
  at(t, slack = 0) {
    const next = firstWhere(0, this.length, (k) => this.from[k] > t);
    if (next > 0 && t < this.to[next - 1]) return next - 1;
    const after = next < this.length ? this.from[next] - t : Infinity;
    const before = next > 0 ? t - this.to[next - 1] : Infinity;
    if (Math.min(after, before) > slack) return -1;
    return before <= after ? next - 1 : next;
  }
}

function sums(differences) {
  const values = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < differences.length; ++i) values[i] = sum += differences[i];
  return values;
}

// Puts the rows 0..count-1 in groups: a Map from key(row) to the rows, in order.
function groupRows(count, key) {
  const sizes = new Map();
  for (let i = 0; i < count; ++i) sizes.set(key(i), (sizes.get(key(i)) || 0) + 1);
  const groups = new Map();
  for (const [k, size] of sizes) groups.set(k, { rows: new Int32Array(size), used: 0 });
  for (let i = 0; i < count; ++i) {
    const group = groups.get(key(i));
    group.rows[group.used++] = i;
  }
  return new Map([...groups].map(([k, group]) => [k, group.rows]));
}

const NO_ROWS = new Int32Array(0);

class Run {
  constructor(raw, number) {
    Object.assign(this, {
      number,
      workload: raw.workload,
      policy: raw.policy,
      live: raw.live,
      cpus: raw.cpus,
      tickUs: raw.tick_us,
      endUs: raw.end_us,
      keptFromUs: raw.kept_from_us,
      keptUntilUs: raw.kept_until_us,
      explainedUntilUs: Math.min(raw.explained_until_us, raw.kept_until_us),
      keptSlices: raw.slices.start.length,
      droppedSlices: raw.dropped_slices,
      droppedTasks: raw.dropped_tasks,
      tasks: raw.tasks,
      figures: raw.figures,
      latencies: raw.latencies,
      texts: raw.texts,
      notes: raw.notes,
    });
    this.rowOfTask = new Map(raw.tasks.map((task, row) => [task, row]));
    this.loadSlices(raw.slices, raw.open_waits);
    if (raw.wakeups) this.loadWakeups(raw.wakeups);
    if (raw.decisions) this.loadDecisions(raw.decisions, raw.candidates);
  }

  loadSlices(raw, openWaits) {
    const count = raw.start.length;
    const start = sums(raw.start);
    const cpu = raw.cpu || new Uint8Array(count);
    this.slices = { start, length: raw.length, waited: raw.waited, task: raw.task, cpu, end: raw.end };
    const ongoing = new Map(openWaits.task.map((task, i) => [task, openWaits.since[i]]));
    this.running = new Map();
    this.waiting = new Map();
    const byTask = groupRows(count, (i) => raw.task[i]);
    for (const task of this.tasks) {
      const rows = byTask.get(task) || NO_ROWS;
      const runs = new Stretches(rows.length);
      const waits = new Stretches(rows.length + 1);
      for (const i of rows) {
        if (raw.waited[i] > 0) waits.add(start[i] - raw.waited[i], start[i], i);
        runs.add(start[i], start[i] + raw.length[i], i);
      }
      if (ongoing.has(task)) waits.add(ongoing.get(task), this.keptUntilUs, -1);
      this.running.set(task, runs);
      this.waiting.set(task, waits);
    }
    this.onCpu = [];
    const byCpu = groupRows(count, (i) => cpu[i]);
    for (let number = 0; number < this.cpus; ++number) {
      const rows = byCpu.get(number) || NO_ROWS;
      const runs = new Stretches(rows.length);
      for (const i of rows) runs.add(start[i], start[i] + raw.length[i], i);
      this.onCpu.push(runs);
    }
  }

  loadWakeups(raw) {
    this.wakeups = { time: sums(raw.time), by: raw.by };
    this.wakeupsOf = groupRows(raw.task.length, (i) => raw.task[i]);
  }

  loadDecisions(raw, candidates) {
    const count = raw.time.length;
    const first = new Uint32Array(count + 1);
    for (let i = 0; i < count; ++i) first[i + 1] = first[i] + raw.candidates[i];
    this.decisions = { ...raw, time: sums(raw.time), first };
    this.candidates = candidates;
    this.decisionsOn = groupRows(count, (i) => (raw.cpu ? raw.cpu[i] : 0));
  }

  // Returns the last decision on a CPU up to a time; nothing if none is kept.
  decisionAt(cpu, us) {
    if (!this.decisions || us > this.explainedUntilUs) return null;
    const rows = this.decisionsOn.get(cpu) || NO_ROWS;
    const after = firstWhere(0, rows.length, (k) => this.decisions.time[rows[k]] > us);
    if (after === 0) return null;
    const i = rows[after - 1];
    const { first, cause, rule, next, hidden, time } = this.decisions;
    const shown = [];
    for (let k = first[i]; k < first[i + 1]; ++k) {
      const before = this.candidates.before[k];
      shown.push({
        task: this.candidates.task[k],
        before: this.texts[before],
        after: this.texts[before + this.candidates.change[k]],
      });
    }
    return {
      time: time[i],
      cause: this.texts[cause[i]],
      rule: this.texts[rule[i]],
      next: next[i],
      hidden: hidden[i],
      candidates: shown,
    };
  }

  // Returns the last wake-up of a task in [from, to]; nothing if there is none.
  lastWakeup(task, from, to) {
    if (!this.wakeups) return null;
    const rows = this.wakeupsOf.get(task) || NO_ROWS;
    const after = firstWhere(0, rows.length, (k) => this.wakeups.time[rows[k]] > to);
    if (after === 0 || this.wakeups.time[rows[after - 1]] < from) return null;
    const i = rows[after - 1];
    return { time: this.wakeups.time[i], by: this.wakeups.by[i] };
  }

  // A figure of a task; undefined if it is not known.
  figure(task, name) {
    const row = this.rowOfTask.get(task);
    const column = this.figures.tasks[name];
    return row === undefined || column === undefined ? undefined : column[row];
  }

  // The wake-up latencies of some tasks together: values in growing order, how
  // often each, and quantiles of them, too large by 3.2 % at most.
  latencyOf(tasks) {
    const counts = new Map();
    let total = 0;
    for (const task of tasks) {
      const flat = (this.latencies && this.latencies[this.rowOfTask.get(task)]) || [];
      for (let i = 0; i < flat.length; i += 2) {
        counts.set(flat[i], (counts.get(flat[i]) || 0) + flat[i + 1]);
        total += flat[i + 1];
      }
    }
    const values = [...counts.keys()].sort((a, b) => a - b);
    const quantile = (fraction) => {
      const rank = clamp(Math.ceil(fraction * total), 1, total);
      let seen = 0;
      for (const value of values) {
        seen += counts.get(value);
        if (seen >= rank) return value;
      }
      return undefined;
    };
    return { values, counts, total, quantile, max: values[values.length - 1] };
  }
}

function loadData() {
  const raw = JSON.parse(byId("data").textContent);
  const runs = raw.runs.map((run, number) => new Run(run, number));
  // A policy may be there twice, simulated and live.
  const isMixed = new Set(runs.map((run) => run.live)).size > 1;
  for (const run of runs) {
    run.label = isMixed ? `${run.policy}, ${run.live ? "live" : "simulated"}` : run.policy;
  }
  return { taskNames: raw.tasks, runs, workloads: [...new Set(runs.map((run) => run.workload))] };
}

const data = loadData();

function nameOf(task) {
  if (task === NOBODY) return "idle";
  return task === UNKEPT_TASK ? "a task that is not kept" : data.taskNames[task];
}
