"use strict";

// The run, as apps/reports/run_report.cpp writes it. Times are ms since 1970, UTC.
const run = JSON.parse(document.getElementById("run").textContent);

const at = (id) => document.getElementById(id);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function element(name, text, className) {
  const out = document.createElement(name);
  if (text !== undefined) out.textContent = text;
  if (className) out.className = className;
  return out;
}

function grouped(value, decimals) {
  return value.toLocaleString("en-US",
    { minimumFractionDigits: 0, maximumFractionDigits: decimals === undefined ? 2 : decimals });
}

function timeText(t, step) {
  const iso = new Date(t).toISOString();
  if (step >= 86400000) return iso.slice(5, 10);
  if (step >= 60000) return iso.slice(11, 16);
  return step >= 1000 ? iso.slice(11, 19) : iso.slice(11, 23);
}

// Stretches in which no symbol has a price take no room: nights, lunch, weekends.
class TradedTime {
  constructor(symbols) {
    const spans = [];
    for (const symbol of symbols)
      symbol.bars.t.forEach((t) => spans.push([t, t + symbol.bars.interval]));
    spans.sort((a, b) => a[0] - b[0]);
    let open = 0;
    let end = spans.length ? spans[0][0] : 0;
    const pauses = [];
    for (const [from, to] of spans) {
      if (from > end) pauses.push([end, from]);
      open += Math.max(0, to - Math.max(from, end));
      end = Math.max(end, to);
    }
    const least = Math.max(60000, open / 50);
    let before = 0;
    this.pauses = pauses.filter(([from, to]) => to - from > least).map(([from, to]) => {
      const out = { from, to, before };
      before += to - from;
      return out;
    });
  }

  // Time less the pauses before it.
  of(t) {
    let cut = 0;
    for (const pause of this.pauses) {
      if (t <= pause.from) break;
      cut = pause.before + Math.min(t, pause.to) - pause.from;
    }
    return t - cut;
  }

  back(x) {
    let t = x;
    for (const pause of this.pauses)
      if (t > pause.from) t += pause.to - pause.from;
    return t;
  }
}

function niceStep(span, count) {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= raw) || raw;
}

const timeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4,
  3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5, 2592e6];

// Areas over each other with one time axis. An area has a title and layers:
//   line {t, y, color, step}   band {t, low, high, color}   fill {t, y, color}: down from 0
//   marks {items: [{t, y, shape, color, text}]}
class Panel {
  constructor(canvas, time, height) {
    Object.assign(this, { canvas, time, height, areas: [], zoom: null, drag: null });
    this.tip = canvas.parentElement.querySelector(".tip");
    canvas.style.height = `${height}px`;
    canvas.addEventListener("mousemove", (event) => this.hover(event));
    canvas.addEventListener("mouseleave", () => { this.tip.hidden = true; this.draw(); });
    canvas.addEventListener("mousedown", (event) => { this.drag = event.offsetX; });
    canvas.addEventListener("dblclick", () => { this.zoom = null; this.draw(); });
    window.addEventListener("mouseup", (event) => this.drop(event));
    window.addEventListener("resize", () => this.draw());
  }

  show(areas, from, to) {
    Object.assign(this, { areas, from, to: Math.max(to, from + 1), zoom: null });
    this.draw();
  }

  get range() { return this.zoom || [this.time.of(this.from), this.time.of(this.to)]; }

  x(t) {
    const [from, to] = this.range;
    return this.left + (this.time.of(t) - from) / (to - from) * (this.right - this.left);
  }

  timeAt(x) {
    const [from, to] = this.range;
    return this.time.back(from + (x - this.left) / (this.right - this.left) * (to - from));
  }

  draw(cursor) {
    const scale = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    this.canvas.width = width * scale;
    this.canvas.height = this.height * scale;
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "11px system-ui, sans-serif";
    Object.assign(this, { pen, left: 78, right: width - 14 });
    const room = this.height - 26;
    let top = 0;
    for (const area of this.areas) {
      area.top = top + 20;
      area.bottom = top + room * area.share - 6;
      top += room * area.share;
      this.drawArea(area);
    }
    this.drawTimes(room);
    if (cursor !== undefined) this.drawCursor(cursor, room);
  }

  limits(area) {
    const [from, to] = this.range;
    let low = Infinity;
    let high = -Infinity;
    const take = (t, a, b) => {
      const x = this.time.of(t);
      if (x < from || x > to) return;
      low = Math.min(low, a);
      high = Math.max(high, b);
    };
    for (const layer of area.layers) {
      if (layer.items) layer.items.forEach((item) => take(item.t, item.y, item.y));
      else if (layer.low) layer.t.forEach((t, i) => take(t, layer.low[i], layer.high[i]));
      else layer.t.forEach((t, i) => take(t, layer.y[i], layer.y[i]));
    }
    if (area.zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    if (low > high) [low, high] = [0, 1];
    const rim = (high - low) * 0.06 || Math.abs(high) * 0.001 || 1;
    return [low - rim, high + rim];
  }

  drawArea(area) {
    const { pen, left, right } = this;
    const [low, high] = this.limits(area);
    const y = (value) => area.bottom - (value - low) / (high - low) * (area.bottom - area.top);
    pen.fillStyle = color("--faint");
    pen.textAlign = "left";
    pen.fillText(area.title, left, area.top - 7);
    const step = niceStep(high - low, Math.max(2, (area.bottom - area.top) / 36));
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    pen.textAlign = "right";
    pen.lineWidth = 1;
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
      pen.strokeStyle = color("--line");
      this.path([[left, y(value)], [right, y(value)]]);
      const text = grouped(Math.abs(value) < step / 1e6 ? 0 : value, decimals);
      pen.fillText(text, left - 6, y(value) + 4);
    }
    pen.save();
    pen.beginPath();
    pen.rect(left, area.top - 2, right - left, area.bottom - area.top + 4);
    pen.clip();
    for (const layer of area.layers) this.drawLayer(layer, y);
    pen.restore();
  }

  path(points) {
    this.pen.beginPath();
    points.forEach(([x, y], i) => (i ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    this.pen.stroke();
  }

  drawLayer(layer, y) {
    const { pen } = this;
    if (layer.items) {
      this.drawMarks(layer.items, y);
      return;
    }
    const points = (values) => layer.t.map((t, i) => [this.x(t), y(values[i])]);
    if (layer.low) {
      this.area(points(layer.high).concat(points(layer.low).reverse()), layer.color, 0.22);
    } else if (layer.fill) {
      const line = steps(points(layer.y));
      const ends = line.length ? [[line.at(-1)[0], y(0)], [line[0][0], y(0)]] : [];
      this.area(line.concat(ends), layer.color, 0.35);
    } else {
      pen.strokeStyle = layer.color;
      pen.lineWidth = layer.width || 1.4;
      this.path(layer.step ? steps(points(layer.y)) : points(layer.y));
    }
  }

  // Where marks would hide each other, some are left out, until the plot is zoomed in.
  drawMarks(items, y) {
    const seen = items.map((item) => ({ item, x: this.x(item.t), y: y(item.y) }))
      .filter(({ x }) => x >= this.left - 5 && x <= this.right + 5);
    const dense = seen.length > (this.right - this.left) / 12;
    const last = {};
    for (const mark of seen) {
      const before = last[mark.item.shape];
      if (dense && before && mark.x - before.x < 9 && Math.abs(mark.y - before.y) < 9) continue;
      last[mark.item.shape] = mark;
      drawMark(this.pen, mark.item, mark.x, mark.y, dense ? 3.4 : 4.5);
    }
  }

  area(points, fill, alpha) {
    const { pen } = this;
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.globalAlpha = alpha;
    pen.fillStyle = fill;
    pen.fill();
    pen.globalAlpha = 1;
  }

  drawTimes(room) {
    const { pen, left, right } = this;
    const [from, to] = this.range;
    const wanted = (to - from) / Math.max(2, (right - left) / 110);
    const step = timeSteps.find((s) => s >= wanted) || 2592e6;
    pen.fillStyle = color("--faint");
    pen.textAlign = "center";
    let free = -Infinity;
    let day = "";
    const label = (t) => {
      const date = timeText(t, 864e5);
      const isDated = date === day || step >= 864e5;
      const text = isDated ? timeText(t, step) : `${date} ${timeText(t, step)}`;
      const x = this.x(t);
      const half = pen.measureText(text).width / 2 + 8;
      if (x - half < free || x < left - 1 || x > right - half / 2) return;
      free = x + half;
      day = date;
      pen.fillText(text, x, room + 16);
    };
    const begin = this.time.back(from);
    for (let t = Math.ceil(begin / step) * step; this.time.of(t) <= to; t += step) {
      const paused = this.time.pauses.find((pause) => t > pause.from && t < pause.to);
      if (paused) t = Math.floor(paused.to / step) * step;
      else label(t);
    }
    pen.setLineDash([3, 3]);
    pen.lineWidth = 1;
    pen.strokeStyle = color("--faint");
    pen.globalAlpha = 0.5;
    for (const pause of this.time.pauses) {
      const x = this.x(pause.to);
      if (x > left && x < right) this.path([[x, 18], [x, room]]);
    }
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }

  drawCursor(x, room) {
    this.pen.strokeStyle = color("--faint");
    this.pen.lineWidth = 1;
    this.path([[x, 18], [x, room]]);
    if (this.drag === null) return;
    const [a, b] = [this.drag, x].sort((one, other) => one - other);
    this.area([[a, 18], [b, 18], [b, room], [a, room]], color("--main"), 0.12);
  }

  hover(event) {
    const x = Math.min(Math.max(event.offsetX, this.left), this.right);
    this.draw(x);
    const t = this.timeAt(x);
    const lines = [new Date(t).toISOString().replace("T", " ").slice(0, 23)];
    for (const area of this.areas)
      for (const layer of area.layers) {
        if (layer.name) {
          const i = lastBefore(layer.t, t);
          if (i >= 0) lines.push(`${layer.name}  ${grouped(layer.y[i], 4)}`);
        }
        if (!layer.items) continue;
        const near = layer.items.filter((item) => Math.abs(this.x(item.t) - x) < 4);
        near.slice(0, 6).forEach((item) => lines.push(item.text));
        if (near.length > 6) lines.push(`and ${near.length - 6} more`);
      }
    this.tip.textContent = lines.join("\n");
    this.tip.hidden = false;
    const beyond = x + 24 + this.tip.offsetWidth > this.canvas.clientWidth;
    this.tip.style.left = `${beyond ? x - this.tip.offsetWidth - 14 : x + 14}px`;
    this.tip.style.top = "24px";
  }

  drop(event) {
    if (this.drag === null) return;
    const box = this.canvas.getBoundingClientRect();
    const x = Math.min(Math.max(event.clientX - box.left, this.left), this.right);
    const [a, b] = [this.drag, x].sort((one, other) => one - other);
    this.drag = null;
    if (b - a > 5) this.zoom = [this.time.of(this.timeAt(a)), this.time.of(this.timeAt(b))];
    this.draw();
  }
}

function steps(points) {
  const out = [];
  points.forEach(([x, y], i) => {
    if (i) out.push([x, points[i - 1][1]]);
    out.push([x, y]);
  });
  return out;
}

function lastBefore(times, t) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function drawMark(pen, item, x, y, size) {
  pen.strokeStyle = pen.fillStyle = item.color;
  pen.lineWidth = 1.4;
  pen.beginPath();
  if (item.shape === "cross") {
    const arm = size * 0.8;
    pen.moveTo(x - arm, y - arm);
    pen.lineTo(x + arm, y + arm);
    pen.moveTo(x + arm, y - arm);
    pen.lineTo(x - arm, y + arm);
    pen.stroke();
    return;
  }
  const up = item.shape.startsWith("up") ? 1 : -1;
  pen.moveTo(x, y - up * size);
  pen.lineTo(x - size, y + up * size * 0.8);
  pen.lineTo(x + size, y + up * size * 0.8);
  pen.closePath();
  if (item.shape.endsWith("open")) pen.stroke();
  else pen.fill();
}

function showFigures() {
  at("mode").textContent = run.mode;
  at("mode").classList.toggle("live", run.mode === "LIVE");
  at("about").textContent = run.about;
  for (const [name, value, sign] of run.figures) {
    const box = element("div", undefined, "figure");
    const tone = sign > 0 ? "gain" : sign < 0 ? "loss" : "";
    box.append(element("b", grouped(value), tone), element("span", name));
    at("figures").append(box);
  }
}

// A series that begins with 0 and stays where it ends, over the whole run.
function overRun(times, ...series) {
  return [[run.from, ...times, run.to],
    ...series.map((values) => [0, ...values, values.length ? values.at(-1) : 0])];
}

function showProfit(panel) {
  const [t, total, realised] = overRun(run.profit.t, run.profit.total, run.profit.realised);
  at("profit-note").textContent = `in ${run.currency}, after fees; realised before fees`;
  let peak = -Infinity;
  const drawdown = total.map((value) => {
    peak = Math.max(peak, value, 0);
    return value - peak;
  });
  panel.show([
    { title: "profit and loss", share: 0.68, zero: true, layers: [
      { t, y: realised, color: color("--second"), name: "realised", step: true, width: 1 },
      { t, y: total, color: color("--main"), name: "total", step: true }] },
    { title: "drawdown", share: 0.32, zero: true, layers: [
      { t, y: drawdown, color: color("--loss"), fill: true, name: "drawdown" }] },
  ], run.from, run.to);
}

function marksOf(list, make) {
  return { items: list.t.map((t, i) => make(t, i)) };
}

function showSymbol(panel, symbol) {
  const { bars, signals, fills, refused, position } = symbol;
  const gain = color("--gain");
  const loss = color("--loss");
  const side = (d) => (d > 0 ? "buy" : "sell");
  const [heldFrom, held] = overRun(position.t, position.held);
  const layers = [
    { t: bars.t, low: bars.low, high: bars.high, color: color("--main") },
    { t: bars.t, y: bars.close, color: color("--main"), name: "price", width: 1.2 },
    marksOf(refused, (t, i) => ({ t, y: refused.price[i], shape: "cross", color: color("--second"),
      text: `${refused.verdict[i]}: ${side(refused.direction[i])} at ${refused.price[i]}` })),
    marksOf(signals, (t, i) => ({ t, y: signals.price[i],
      shape: signals.direction[i] > 0 ? "up open" : "down open",
      color: signals.direction[i] > 0 ? gain : loss,
      text: `signal: ${side(signals.direction[i])} at ${signals.price[i]}` })),
    marksOf(fills, (t, i) => ({ t, y: fills.price[i],
      shape: fills.direction[i] > 0 ? "up" : "down", color: fills.direction[i] > 0 ? gain : loss,
      text: `fill: ${side(fills.direction[i])} ${fills.volume[i]} at ${fills.price[i]}` })),
  ];
  panel.show([
    { title: "price", share: 0.72, layers },
    { title: "position", share: 0.28, zero: true, layers: [
      { t: heldFrom, y: held, color: color("--second"), fill: true, step: true,
        name: "position" }] },
  ], run.from, run.to);
  const some = (list) => (list.every > 1 ? ` (1 in ${list.every} is shown)` : "");
  at("symbol-note").textContent = `${grouped(signals.count)} signals${some(signals)}, ` +
    `${grouped(fills.count)} fills${some(fills)}, ${grouped(refused.count)} refused` +
    `${some(refused)}, profit ${grouped(symbol.profit)} ${run.currency}`;
}

function showSymbols(panel) {
  const choice = at("symbol");
  run.symbols.forEach((symbol, i) => {
    const option = element("option", symbol.name);
    option.value = i;
    choice.append(option);
  });
  const show = () => {
    if (run.symbols.length) showSymbol(panel, run.symbols[choice.value]);
  };
  const move = (by) => {
    const count = run.symbols.length;
    choice.value = (Number(choice.value) + by + count) % count;
    show();
  };
  choice.addEventListener("change", show);
  at("previous").addEventListener("click", () => move(-1));
  at("next").addEventListener("click", () => move(1));
  const legend = [["\u25b3", "--gain", "signal to buy"], ["\u25bd", "--loss", "signal to sell"],
    ["\u25b2", "--gain", "bought"], ["\u25bc", "--loss", "sold"],
    ["\u2715", "--second", "refused"]];
  for (const [sign, name, text] of legend) {
    const entry = element("span", text);
    const mark = element("i", sign);
    mark.style.color = `var(${name})`;
    entry.prepend(mark);
    at("legend").append(entry);
  }
  show();
}

function showPositions() {
  const { columns, rows } = run.positions;
  const table = at("positions");
  const texts = 2; // the first columns are names
  let order = -1;
  let falling = true;
  const head = element("tr");
  const body = element("tbody");
  const fill = () => {
    body.replaceChildren(...rows.map((row) => {
      const line = element("tr");
      row.forEach((value, i) => {
        const sign = i >= 5 && i < texts + 5 && Number(value) < 0 ? "loss" : "";
        line.append(element("td", value, i < texts ? "text" : sign));
      });
      return line;
    }));
  };
  columns.forEach((name, i) => {
    const cell = element("th", name, i < texts ? "text" : "");
    cell.addEventListener("click", () => {
      falling = order === i ? !falling : i >= texts;
      order = i;
      const value = (row) => (i < texts ? row[i] : Number(row[i]));
      rows.sort((a, b) => (value(a) < value(b) ? 1 : value(a) > value(b) ? -1 : 0) *
        (falling ? 1 : -1));
      fill();
    });
    head.append(cell);
  });
  const top = element("thead");
  top.append(head);
  table.append(top, body);
  fill();
  at("positions-note").textContent = run.positions.note;
}

function showCounts(id, counts) {
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const most = entries.length ? entries[0][1] : 1;
  for (const [name, count] of entries) {
    const line = element("div");
    const bar = element("i");
    bar.style.width = `${Math.max(1, count / most * 100)}%`;
    line.append(element("span", name), bar, element("b", grouped(count)));
    at(id).append(line);
  }
  if (!entries.length) at(id).append(element("p", "none"));
}

const time = new TradedTime(run.symbols);
const profitPanel = new Panel(at("profit"), time, 340);
const pricePanel = new Panel(at("price"), time, 420);
showFigures();
showProfit(profitPanel);
showSymbols(pricePanel);
showPositions();
showCounts("refused", run.refused);
showCounts("rejected", run.rejected);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
document.body.dataset.ready = "yes";
