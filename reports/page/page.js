// The space-time diagram: a lane for each node, messages as lines, time to the right. Nothing here asks any network, and
// every text from the trace goes into the page as text.
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const FATE = { delivered: 0, copy: 1, lost: 2, underWay: 3 };
const LANE = 46, TOP = 58, STRIP = 22, LEFT = 76, RIGHT = 12, OPERATION = 16;
const CLOCK = { below: 17, tall: 5 }; // a clock's error: its zero below the middle of the lane, and its height either way
const DRAWN_MAX = 5000; // messages in one frame; beyond, some are left out and the page says so
const MARKED = new Set(["state", "note", "crash", "boot", "ask", "answer", "drop"]);
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
};
const seconds = (ns, digits = 6) => `${(ns / 1e9).toFixed(digits)} s`;

// The first place in a sorted column whose value is not below what is wanted.
function lower(column, wanted, value = (row) => row) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(column[middle]) < wanted) low = middle + 1; else high = middle;
  }
  return low;
}

// How wrong a node's wall clock was, in ns: an entry (from when on, ahead by, gaining ppm) holds until the next one.
const entryAt = (entries, at) => lower(entries, at + 1, (entry) => entry[0]) - 1;
const ahead = ([since, error, ppm], at) => error + ((at - since) * ppm) / 1e6;
const ms = (ns) => `${ns >= 0 ? "+" : ""}${(ns / 1e6).toFixed(6)} ms`;
const greatest = (entries, end) => entries.reduce((most, entry, i) => {
  const until = i + 1 < entries.length ? entries[i + 1][0] : end;
  return Math.max(most, Math.abs(entry[1]), Math.abs(ahead(entry, until)));
}, 0);

const shown = { begin: 0, end: 1, kinds: new Set(), nodes: new Set() };
const chosen = { diagram: 0, record: -1, chain: new Set(), matches: [], match: -1 };

class Diagram {
  constructor(number, run) {
    this.number = number;
    this.run = run;
    this.canvas = byId(`diagram${number}`);
    this.sentAt = run.messages.send.map((record) => run.records.at[record]);
    this.longest = 0; // of any flight: a message in view was sent no earlier than this before
    run.messages.at.forEach((at, i) => { this.longest = Math.max(this.longest, at - this.sentAt[i]); });
    this.clients = [...new Set(run.operations.map((operation) => operation.client))];
    this.place = new Map(run.records.seq.map((seq, i) => [seq, i]));
    this.density = this.counted();
    this.skew = run.clocks.map((entries) => greatest(entries, run.end)); // what the height of a lane's trace stands for
    this.wire();
  }

  counted() {
    const bins = new Array(400).fill(0);
    for (const at of this.run.records.at) bins[Math.min(399, Math.floor((at / this.run.end) * 400))] += 1;
    const most = Math.max(1, ...bins);
    return bins.map((count) => count / most);
  }

  // -- places ------------------------------------------------------------------------------------------------------
  lanes() { return this.run.nodes.map((_, i) => i).filter((i) => shown.nodes.has(this.run.nodes[i])); }
  y(node) { const at = this.lanes().indexOf(node); return at < 0 ? -1 : TOP + (at + 0.5) * LANE; }
  x(at) { return LEFT + ((at - shown.begin) / (shown.end - shown.begin)) * (this.width - LEFT - RIGHT); }
  time(x) { return shown.begin + ((x - LEFT) / (this.width - LEFT - RIGHT)) * (shown.end - shown.begin); }

  // -- drawing -----------------------------------------------------------------------------------------------------
  draw() {
    const colour = colours();
    const scale = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = TOP + this.lanes().length * LANE + 26 + Math.min(this.clients.length, 12) * OPERATION;
    if (this.canvas.width !== Math.round(this.width * scale) || this.canvas.height !== Math.round(this.height * scale)) {
      this.canvas.style.height = `${this.height}px`;
      this.canvas.width = Math.round(this.width * scale);
      this.canvas.height = Math.round(this.height * scale);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = colour("paper");
    pen.fillRect(0, 0, this.width, this.height);
    pen.font = '12px system-ui, "DejaVu Sans", sans-serif';
    pen.textBaseline = "middle";
    const heights = new Map(this.lanes().map((node, i) => [node, TOP + (i + 0.5) * LANE]));
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, STRIP, this.width - LEFT - RIGHT, this.height - STRIP);
    pen.clip();
    this.drawFaults(pen, heights);
    this.drawSpans(pen, heights, colour);
    this.drawMessages(pen, heights, colour);
    this.drawRecords(pen, heights, colour);
    this.drawClocks(pen, heights, colour);
    this.drawOperations(pen, colour);
    this.drawMarks(pen, colour);
    pen.restore();
    this.drawFrame(pen, heights, colour);
  }

  drawFaults(pen, heights) {
    for (const fault of this.run.faults) {
      if (fault.end < shown.begin || fault.begin > shown.end) continue;
      pen.fillStyle = fault.colour;
      pen.globalAlpha = 0.2;
      const left = this.x(fault.begin), wide = Math.max(2, this.x(fault.end) - left);
      for (const lane of fault.lanes) {
        if (heights.has(lane)) pen.fillRect(left, heights.get(lane) - LANE / 2 + 1, wide, LANE - 2);
      }
      pen.globalAlpha = 1;
    }
  }

  drawSpans(pen, heights, colour) {
    const tall = { leader: 12, candidate: 9, follower: 6, up: 6, idle: 4, down: 1 };
    for (const [node, y] of heights) {
      for (const [begin, end, role] of this.run.spans[node]) {
        if (end < shown.begin || begin > shown.end) continue;
        const high = tall[role] || 6;
        const left = Math.max(LEFT, this.x(begin));
        pen.fillStyle = this.run.roles[role] || colour("faint");
        pen.fillRect(left, y - high / 2, Math.max(1, Math.min(this.width, this.x(end)) - left), high);
      }
    }
  }

  // Yields the rows of messages that are in view and of a kind and nodes that are shown.
  messagesInView() {
    const rows = this.run.messages, found = [];
    const since = lower(this.sentAt, shown.begin - this.longest), until = lower(this.sentAt, shown.end + 1);
    for (let i = since; i < until; i += 1) {
      const from = this.run.records.node[rows.send[i]];
      if (rows.at[i] >= shown.begin && shown.nodes.has(this.run.nodes[from]) && shown.nodes.has(this.run.nodes[rows.to[i]])) {
        found.push(i);
      }
    }
    return found;
  }

  drawMessages(pen, heights, colour) {
    const rows = this.run.messages, records = this.run.records;
    this.left = 0;
    if (!shown.kinds.has("send")) { this.visible = []; return; }
    const all = this.messagesInView();
    const step = Math.ceil(all.length / DRAWN_MAX);
    this.visible = all.filter((row, i) => i % step === 0 || this.isLit(row));
    this.left = all.length - this.visible.length;
    const groups = [[], [], [], []];
    const lit = [];
    for (const row of this.visible) (this.isLit(row) ? lit : groups[rows.fate[row]]).push(row);
    const stroke = (chosenRows, ink, width, dash) => {
      pen.strokeStyle = ink;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.beginPath();
      for (const row of chosenRows) {
        const y1 = heights.get(records.node[rows.send[row]]), y2 = heights.get(rows.to[row]);
        const x1 = this.x(this.sentAt[row]), x2 = this.x(rows.at[row]);
        pen.moveTo(x1, y1);
        if (rows.fate[row] === FATE.lost || rows.fate[row] === FATE.underWay) {
          const share = rows.fate[row] === FATE.lost ? 0.45 : 0.3; // a stub: it never arrived
          const x = x1 + Math.max((x2 - x1) * share, 6), y = y1 + (y2 - y1) * share;
          pen.lineTo(x, y);
          if (rows.fate[row] === FATE.lost) { pen.moveTo(x - 4, y - 4); pen.lineTo(x + 4, y + 4); pen.moveTo(x - 4, y + 4); pen.lineTo(x + 4, y - 4); }
        } else pen.lineTo(x2, y2);
      }
      pen.stroke();
      pen.setLineDash([]);
    };
    stroke(groups[FATE.delivered], colour("message"), 0.9, []);
    stroke(groups[FATE.copy], colour("message"), 0.9, [4, 3]);
    stroke(groups[FATE.underWay], colour("faint"), 0.9, [2, 3]);
    stroke(groups[FATE.lost], colour("lost"), 1, []);
    stroke(lit, colour("lit"), 2.4, []);
    if (this.visible.length <= 60) {
      pen.fillStyle = colour("faint");
      for (const row of this.visible) {
        const y1 = heights.get(records.node[rows.send[row]]), y2 = heights.get(rows.to[row]);
        const x = this.x(this.sentAt[row]) * 0.65 + this.x(rows.at[row]) * 0.35;
        pen.fillText(rows.types[rows.type[row]], x + 4, y1 * 0.65 + y2 * 0.35);
      }
    }
  }

  isLit(row) {
    return chosen.diagram === this.number && chosen.chain.has(this.run.messages.send[row])
      && (chosen.chain.has(this.run.messages.end[row]) || chosen.record === this.run.messages.send[row]);
  }

  drawRecords(pen, heights, colour) {
    const { at, kind, node } = this.run.records;
    const since = lower(at, shown.begin), until = lower(at, shown.end + 1);
    const every = Math.ceil((until - since) / 8000);
    const matches = chosen.diagram === this.number ? new Set(chosen.matches) : new Set();
    for (let i = since; i < until; i += 1) {
      const lit = chosen.diagram === this.number && chosen.chain.has(i), found = matches.has(i);
      const name = this.run.kinds[kind[i]];
      if (!heights.has(node[i]) || (!lit && !found && (i % every !== 0 || !MARKED.has(name) || !shown.kinds.has(name)))) continue;
      pen.fillStyle = lit ? colour("lit") : found ? colour("find") : colour("ink");
      const size = lit || found ? 4.5 : 1.6;
      pen.beginPath();
      pen.arc(this.x(at[i]), heights.get(node[i]) + (lit || found ? 0 : 11), size, 0, 7);
      pen.fill();
    }
    if (until - since <= 120) {
      pen.fillStyle = colour("ink");
      let last = new Map();
      for (let i = since; i < until; i += 1) {
        if (this.run.kinds[kind[i]] !== "state" || !shown.kinds.has("state") || !heights.has(node[i])) continue;
        const x = this.x(at[i]);
        if (x < (last.get(node[i]) || 0)) continue;
        const text = this.run.records.text[i].replace(/^state /, "");
        pen.fillText(text, x + 3, heights.get(node[i]) - 15);
        last.set(node[i], x + pen.measureText(text).width + 12);
      }
    }
  }

  // Below each lane how far the wall clock is ahead of true time (upwards) or behind it; nothing where it was always true.
  drawClocks(pen, heights, colour) {
    for (const [node, y] of heights) {
      const corners = this.skew[node] ? this.clockCorners(this.run.clocks[node]) : [];
      if (!corners.length) continue;
      const zero = y + CLOCK.below;
      pen.fillStyle = pen.strokeStyle = colour("clock");
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const [x, error] of corners) pen.lineTo(x, zero - (error / this.skew[node]) * CLOCK.tall);
      pen.stroke();
      pen.lineTo(corners[corners.length - 1][0], zero); // what is filled lies between the trace and zero
      pen.lineTo(corners[0][0], zero);
      pen.globalAlpha = 0.35;
      pen.fill();
      pen.globalAlpha = 1;
    }
  }

  // The line of a clock's error in view, as [x, error]: of many entries in one column of dots the least and the greatest.
  clockCorners(entries) {
    const since = Math.max(0, entryAt(entries, shown.begin)), until = entryAt(entries, shown.end) + 1;
    const corners = [], columns = until - since > 2 * this.width;
    let column = null; // its x, and the places in corners of its least and its greatest error
    const add = (at, error) => {
      const x = this.x(at);
      if (!columns || !column || Math.round(x) !== column.x) {
        column = { x: Math.round(x), least: corners.length, most: corners.length + 1 };
        corners.push([x, error]);
        if (columns) corners.push([x, error]);
      } else {
        corners[column.least][1] = Math.min(corners[column.least][1], error);
        corners[column.most][1] = Math.max(corners[column.most][1], error);
      }
    };
    for (let i = since; i < until; i += 1) {
      const begin = Math.max(entries[i][0], shown.begin);
      const end = Math.min(i + 1 < entries.length ? entries[i + 1][0] : this.run.end, shown.end);
      add(begin, ahead(entries[i], begin));
      add(end, ahead(entries[i], end));
    }
    return corners;
  }

  drawOperations(pen, colour) {
    const ink = { ok: colour("good"), fail: colour("odd"), unsure: colour("odd"), open: colour("faint") };
    const base = TOP + this.lanes().length * LANE + 26;
    for (const operation of this.run.operations) {
      const lane = this.clients.indexOf(operation.client);
      if (lane >= 12 || operation.end < shown.begin || operation.begin > shown.end) continue;
      const left = this.x(operation.begin);
      pen.fillStyle = ink[operation.outcome] || colour("faint");
      pen.fillRect(left, base + lane * OPERATION + 3, Math.max(1.5, this.x(operation.end) - left), OPERATION - 6);
    }
  }

  drawMarks(pen, colour) {
    const line = (at, ink, dash) => {
      pen.strokeStyle = ink;
      pen.lineWidth = 1.6;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(this.x(at), STRIP);
      pen.lineTo(this.x(at), this.height);
      pen.stroke();
      pen.setLineDash([]);
    };
    if (this.run.heal !== null) line(this.run.heal, colour("faint"), [1, 4]);
    if (this.run.violations.length) line(this.run.violations[0].at, colour("bad"), [6, 3]);
    if (data.difference) {
      const record = data.difference[this.number];
      const { at } = this.run.records;
      line(record < at.length ? at[record] : this.run.end, colour("find"), [2, 2]);
    }
  }

  drawFrame(pen, heights, colour) {
    // The strip: how much happens when, over the whole run, and which part of it is in view.
    const across = this.width - LEFT - RIGHT;
    pen.fillStyle = colour("faint");
    this.density.forEach((share, i) => {
      const tall = share * (STRIP - 4);
      pen.fillRect(LEFT + (i / 400) * across, STRIP - 2 - tall, across / 400, tall);
    });
    pen.strokeStyle = colour("lit");
    pen.lineWidth = 1.5;
    const left = LEFT + (shown.begin / this.run.end) * across;
    pen.strokeRect(left, 1, Math.max(3, ((shown.end - shown.begin) / this.run.end) * across), STRIP - 2);
    pen.fillStyle = colour("ink");
    for (const [node, y] of heights) pen.fillText(this.run.nodes[node], 6, y, LEFT - 10);
    pen.fillStyle = colour("clock");
    for (const [node, y] of heights) {
      const most = Number((this.skew[node] / 1e6).toPrecision(3));
      if (this.skew[node]) pen.fillText(`±${most} ms`, 6, y + CLOCK.below, LEFT - 10);
    }
    pen.fillStyle = colour("ink");
    const base = TOP + this.lanes().length * LANE + 26;
    this.clients.slice(0, 12).forEach((client, i) => pen.fillText(client, 6, base + (i + 0.5) * OPERATION, LEFT - 10));
    const span = shown.end - shown.begin;
    const raw = span / Math.max(2, across / 110);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
    const digits = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step))));
    pen.fillStyle = colour("faint");
    pen.textAlign = "center";
    for (let at = Math.ceil(shown.begin / step) * step; at <= shown.end; at += step) {
      const x = this.x(at);
      pen.fillRect(x, STRIP + 16, 1, 5);
      if (x > LEFT + 20 && x < this.width - 40) pen.fillText(seconds(at, digits), x, STRIP + 8);
    }
    pen.textAlign = "left";
  }

  // -- finding what is under the pointer ---------------------------------------------------------------------------
  nearest(x, y) {
    const { at, kind, node } = this.run.records;
    const reach = ((shown.end - shown.begin) / (this.width - LEFT - RIGHT)) * 8;
    const lane = this.lanes()[Math.floor((y - TOP) / LANE)];
    let best = -1, distance = 81;
    const since = lower(at, this.time(x) - reach), until = lower(at, this.time(x) + reach + 1);
    for (let i = since; i < until; i += 1) {
      const name = this.run.kinds[kind[i]];
      if (node[i] !== lane || !shown.kinds.has(name)) continue;
      const from = (this.x(at[i]) - x) ** 2 + (name === "state" || name === "crash" ? 0 : 1);
      if (from < distance) { best = i; distance = from; }
    }
    return best >= 0 ? best : this.nearestMessage(x, y);
  }

  nearestMessage(x, y) {
    const rows = this.run.messages;
    let best = -1, distance = 6;
    for (const row of this.visible || []) {
      const x1 = this.x(this.sentAt[row]), x2 = this.x(rows.at[row]);
      const y1 = this.y(this.run.records.node[rows.send[row]]), y2 = this.y(rows.to[row]);
      const long = Math.hypot(x2 - x1, y2 - y1) || 1;
      const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / long / long;
      if (along < 0 || along > 1) continue;
      const from = Math.abs((x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)) / long;
      if (from < distance) { best = rows.end[row] >= 0 ? rows.end[row] : rows.send[row]; distance = from; }
    }
    return best;
  }

  // What a pointer that rests on the trace of a clock is told.
  clockUnder(x, y) {
    const place = Math.floor((y - TOP) / LANE), node = this.lanes()[place];
    const off = Math.abs(y - TOP - (place + 0.5) * LANE - CLOCK.below);
    if (!this.skew[node] || x < LEFT || off > CLOCK.tall + 1) return "";
    const at = this.time(x), entries = this.run.clocks[node], entry = entryAt(entries, at);
    return entry < 0 ? "" : `${this.run.nodes[node]} at ${seconds(at)}: wall clock ${ms(ahead(entries[entry], at))}`;
  }

  wire() {
    let drag = null;
    const spot = (event) => { const box = this.canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    this.canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = spot(event);
      drag = { x, y, begin: shown.begin, end: shown.end, moved: false, strip: y < STRIP };
      this.canvas.setPointerCapture(event.pointerId);
      if (drag.strip) centre(((x - LEFT) / (this.width - LEFT - RIGHT)) * this.run.end);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const [x, y] = spot(event);
      if (!drag) { this.canvas.title = this.clockUnder(x, y); return; }
      if (drag.strip) { centre(((x - LEFT) / (this.width - LEFT - RIGHT)) * this.run.end); return; }
      if (Math.abs(x - drag.x) > 3) drag.moved = true;
      if (drag.moved) {
        const by = ((drag.x - x) / (this.width - LEFT - RIGHT)) * (drag.end - drag.begin);
        view(drag.begin + by, drag.end + by);
      }
    });
    this.canvas.addEventListener("pointerup", (event) => {
      const was = drag;
      drag = null;
      if (!was || was.moved || was.strip) return;
      const [x, y] = spot(event);
      choose(this.number, this.nearest(x, y), false);
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const [x] = spot(event);
      zoom(Math.exp(event.deltaY * 0.0015), this.time(x));
    }, { passive: false });
    this.canvas.addEventListener("focus", () => { if (chosen.record < 0) chosen.diagram = this.number; });
    this.canvas.addEventListener("keydown", (event) => {
      const wide = shown.end - shown.begin;
      const acts = {
        ArrowLeft: () => view(shown.begin - wide / 8, shown.end - wide / 8),
        ArrowRight: () => view(shown.begin + wide / 8, shown.end + wide / 8),
        Home: () => view(0, wide),
        End: () => view(this.run.end - wide, this.run.end),
        "[": () => stepBy(this, -1),
        "]": () => stepBy(this, 1),
        Escape: () => choose(this.number, -1, false),
      };
      if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
    });
  }
}

// -- what all diagrams share ---------------------------------------------------------------------------------------
const diagrams = data.runs.map((run, i) => new Diagram(i, run));
const whole = Math.max(...data.runs.map((run) => run.end));
let asked = false;

function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const began = performance.now();
    for (const diagram of diagrams) diagram.draw();
    const left = diagrams.reduce((sum, diagram) => sum + diagram.left, 0);
    byId("shown").textContent = `${seconds(shown.begin)} to ${seconds(shown.end)}`
      + (left ? `; ${left} messages are left out: zoom in to see all` : "");
    document.body.dataset.frameMs = (performance.now() - began).toFixed(1);
  });
}

function view(begin, end) {
  const wide = Math.min(Math.max(end - begin, 1000), whole);
  const start = Math.min(Math.max(begin, 0), whole - wide);
  shown.begin = start;
  shown.end = start + wide;
  redraw();
}
function zoom(factor, around) { view(around - (around - shown.begin) * factor, around + (shown.end - around) * factor); }
function centre(at) { const half = (shown.end - shown.begin) / 2; view(at - half, at + half); }

function showWhole() { view(0, whole); }

// The moments around the first violation in which about two hundred records are seen.
function showViolation() {
  const diagram = diagrams.find((one) => one.run.violations.length) || diagrams[0];
  const found = diagram.run.violations[0];
  const { at } = diagram.run.records;
  const moment = found ? found.at : 0;
  const here = lower(at, moment);
  const begin = at[Math.max(0, here - 150)] ?? 0, end = at[Math.min(at.length - 1, here + 60)] ?? whole;
  const pad = Math.max((end - begin) * 0.05, 1e5);
  view(begin - pad, Math.max(end, moment) + pad);
  if (found && found.record >= 0) choose(diagram.number, found.record, false);
}

function chainOf(run, record) {
  const chain = [];
  for (let at = record; at >= 0; at = run.records.cause[at]) chain.push(at);
  return chain;
}

function choose(number, record, follow) {
  const run = data.runs[number];
  chosen.diagram = number;
  chosen.record = record;
  const chain = record < 0 ? [] : chainOf(run, record);
  chosen.chain = new Set(chain);
  const details = byId("details");
  details.replaceChildren();
  details.dataset.causes = chain.length;
  if (record < 0) {
    details.append(element("p", "Click a record, or step with [ and ]: its causes are lit."));
  } else {
    details.append(element("p", told(run, record)));
    if (run.records.node[record] >= 0) details.append(element("p", stateOf(run, record)));
    if (chain.length > 1) details.append(element("p", `Because of ${chain.length - 1} records, the latest first:`));
    const list = document.createElement("ol");
    for (const cause of chain.slice(1, 40)) {
      const item = document.createElement("li"), button = element("button", told(run, cause));
      button.type = "button";
      button.addEventListener("click", () => choose(number, cause, true));
      item.append(button);
      list.append(item);
    }
    details.append(list);
    const at = run.records.at[record];
    if (follow && (at < shown.begin || at > shown.end)) centre(at);
  }
  redraw();
}

// What the record's node was then: its last state so far, and how wrong its wall clock was.
function stateOf(run, record) {
  const { at, node, kind, text } = run.records;
  let last = record;
  while (last >= 0 && !(node[last] === node[record] && run.kinds[kind[last]] === "state")) last -= 1;
  const state = last < 0 ? "no state yet" : text[last];
  const entries = run.clocks[node[record]], entry = entryAt(entries, at[record]);
  return entry < 0 ? state : `${state}; wall clock ${ms(ahead(entries[entry], at[record]))}`;
}

function told(run, record) {
  const { at, node, seq, text } = run.records;
  const who = node[record] >= 0 ? `${run.nodes[node[record]]} ` : "";
  return `${seconds(at[record], 9)} #${seq[record]} ${who}${text[record]}`;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function stepBy(diagram, by) {
  const { at, node, kind } = diagram.run.records;
  let here = chosen.diagram === diagram.number && chosen.record >= 0 ? chosen.record : lower(at, shown.begin) - (by > 0 ? 1 : 0);
  do here += by; while (here >= 0 && here < at.length
    && !(node[here] >= 0 && shown.nodes.has(diagram.run.nodes[node[here]]) && shown.kinds.has(diagram.run.kinds[kind[here]])));
  if (here >= 0 && here < at.length) choose(diagram.number, here, true);
}

function search(again) {
  const wanted = byId("search").value.trim().toLowerCase();
  const run = data.runs[chosen.diagram];
  if (!again) {
    chosen.matches = [];
    chosen.match = -1;
    if (wanted) run.records.text.forEach((text, i) => { if (text.toLowerCase().includes(wanted)) chosen.matches.push(i); });
  }
  if (chosen.matches.length) {
    chosen.match = (chosen.match + 1) % chosen.matches.length;
    choose(chosen.diagram, chosen.matches[chosen.match], true);
  } else redraw();
  byId("found").textContent = wanted ? `${chosen.matches.length ? chosen.match + 1 : 0} of ${chosen.matches.length}` : "";
}

function boxes(holder, names, set) {
  for (const name of names) {
    set.add(name);
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.value = name;
    box.addEventListener("change", () => { if (box.checked) set.add(name); else set.delete(name); redraw(); });
    label.append(box, ` ${name}`);
    byId(holder).append(label);
  }
}

// What the lanes show: the roles that nodes had, and the trace of their clocks.
function legend() {
  const entry = (ink, text) => {
    const item = element("span", text), chip = element("span", "");
    chip.className = "chip";
    chip.style.background = ink;
    item.prepend(chip);
    byId("legend").append(item);
  };
  const roles = new Set(data.runs.flatMap((run) => run.spans.flatMap((spans) => spans.map((span) => span[2]))));
  for (const role of roles) entry(data.runs[0].roles[role] || "var(--faint)", role);
  const wrong = diagrams.some((diagram) => diagram.skew.some((most) => most > 0));
  if (wrong) entry("var(--clock)", "wall clock ahead of true time (up) or behind it (down), each lane to the scale that stands beside it");
}

legend();
boxes("kinds", [...new Set(data.runs.flatMap((run) => run.kinds))], shown.kinds);
boxes("nodes", [...new Set(data.runs.flatMap((run) => run.nodes))], shown.nodes);
byId("violation").addEventListener("click", showViolation);
byId("whole").addEventListener("click", showWhole);
byId("in").addEventListener("click", () => zoom(0.5, (shown.begin + shown.end) / 2));
byId("out").addEventListener("click", () => zoom(2, (shown.begin + shown.end) / 2));
byId("search").addEventListener("input", () => search(false));
byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter") search(true); });
for (const button of document.querySelectorAll("button.go")) {
  const tables = [...document.querySelectorAll("table")].filter((table) => table.querySelector("button.go"));
  const number = Math.min(tables.indexOf(button.closest("table")), diagrams.length - 1);
  button.addEventListener("click", () => {
    const record = diagrams[number].place.get(Number(button.dataset.seq));
    if (record === undefined) return;
    centre(data.runs[number].records.at[record]);
    choose(number, record, true);
    byId("why").scrollIntoView();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = { v: showViolation, 0: showWhole, "+": () => zoom(0.5, (shown.begin + shown.end) / 2), "-": () => zoom(2, (shown.begin + shown.end) / 2),
    "/": () => byId("search").focus() };
  if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
});
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
showViolation();
// What a test or a person at the console may ask: where things are, and what is chosen.
window.netsplit = { data, diagrams, shown, chosen, view, choose, showViolation, showWhole };
})();
