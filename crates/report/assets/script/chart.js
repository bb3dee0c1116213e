// What a chart shows and how it answers the reader; uPlot draws it, paint.js adds what uPlot lacks.

// ---------------------------------------------------------------- what a chart shows

const running = (steps) => {
  let at = 0;
  return steps.map((step) => (at += step));
};

// Places on the horizontal axis, and their names under the pointer.
function horizontal(spec) {
  const x = spec.x;
  switch (x.kind) {
    case "dates":
      return { at: running(x.steps).map((day) => day * DAY), time: true, unit: DAY, label: date };
    case "names":
      return { at: x.names.map((_, place) => place), label: (at) => x.names[at] };
    case "edges": {
      const at = x.at.slice(1).map((edge, place) => (edge + x.at[place]) / 2);
      const place = (centre) => at.indexOf(centre);
      return {
        at,
        label: (centre) =>
          `${show(x.format, x.at[place(centre)])} to ${show(x.format, x.at[place(centre) + 1])}`,
      };
    }
    default:
      return { at: x.at, label: (at) => `${x.name} ${show(x.format, at)}` };
  }
}

// Places of values whose neighbours are both missing: a line alone would not show them.
const lonely = (values) =>
  values.flatMap((value, place) =>
    value != null && values[place - 1] == null && values[place + 1] == null ? [place] : [],
  );

function niceTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.999);
  const ticks = [];
  for (let at = Math.ceil(low / step); at * step <= high * (1 + 1e-12); at++) ticks.push(at * step);
  return { ticks, step };
}

// Ticks of a scale of ratios: even steps where it spans less than a decade, else 1, 2, 5.
function ratioTicks(low, high, count) {
  if (high / low < 10) return niceTicks(low, high, count).ticks;
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    ticks.push(...[1, 2, 5].map((digit) => digit * 10 ** power).filter((at) => at >= low && at <= high));
  }
  return ticks;
}

// Labels of the ticks of an axis; a count has none between whole numbers.
function labels(format, ticks) {
  if (format.kind === "integer")
    return ticks.map((at) => (Math.abs(at - Math.round(at)) < 1e-9 ? show(format, at, 0) : ""));
  const digits = digitsOf(format, ticks);
  return ticks.map((at) => show(format, at, digits));
}

// Dashes of a line: its lengths of ink and gap.
const DASHES = { dashed: [6, 4], dash_dotted: [10, 3, 2, 3] };

// The background of a series' mark in the legend, with the dashes of its line.
function mark(series, colour) {
  let at = 0;
  const parts = (DASHES[series?.stroke] ?? []).map((length, place) => {
    const part = `${place % 2 ? "transparent" : colour} ${at}px ${at + length}px`;
    at += length;
    return part;
  });
  return parts.length ? `repeating-linear-gradient(to right, ${parts.join(", ")})` : colour;
}

// ---------------------------------------------------------------- one chart

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.plot = figure.querySelector(".plot");
    this.spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    this.x = horizontal(this.spec);
    this.log = this.spec.y.log;
    this.barred = this.spec.kind === "bars" || this.spec.kind === "histogram";
    this.across = this.spec.x.direction === "across";
    if (this.spec.kind !== "lines") figure.classList.add("unlined");
    this.tools();
    this.draw();
    new ResizeObserver(() => this.resize()).observe(this.plot);
  }

  tools() {
    const tool = (text, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", act);
      this.figure.querySelector(".tools").append(button);
      return button;
    };
    this.reset = tool("Reset zoom", () => this.showAll());
    this.reset.hidden = true;
    if (!this.log) return;
    const other = () => (this.log ? "Linear scale" : "Log scale");
    const toggle = tool(other(), () => {
      this.log = !this.log;
      toggle.textContent = other();
      this.draw();
    });
  }

  size(width) {
    return { width: width || this.plot.clientWidth || 800, height: parseInt(this.plot.style.height, 10) };
  }

  resize() {
    const { width, height } = this.size();
    if (width !== this.drawing.width) this.drawing.setSize({ width, height });
  }

  draw(width) {
    const hidden = this.drawing?.series.map((series) => !series.show) ?? [];
    this.drawing?.destroy();
    this.colours = this.spec.series.map((series) =>
      colourOf(series.colour === "sign" ? "positive" : series.colour),
    );
    this.ink = { text: property("--muted"), grid: property("--grid"), rule: property("--ink") };
    this.font = `11px ${property("--sans")}`;
    const data = [this.x.at, ...this.spec.series.map((series) => series.values)];
    this.drawing = new uPlot(this.options(width, hidden), data, this.plot);
  }

  options(width, hidden) {
    const { spec, x } = this;
    return {
      ...this.size(width),
      padding: [10, 14, 0, this.across ? 4 : 0],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
      scales: { x: this.xScale(), y: this.yScale() },
      axes: [this.xAxis(), this.yAxis()],
      series: [
        { label: "", value: (_, at) => (at == null ? "" : x.label(at)) },
        ...spec.series.map((series, place) => ({ ...this.series(series, place), show: !hidden[place + 1] })),
      ],
      legend: {
        mount: (_, legend) => this.figure.querySelector(".legend").replaceChildren(legend),
        markers: { width: 0, fill: (_, place) => mark(spec.series[place - 1], this.colours[place - 1]) },
      },
      cursor: {
        y: false,
        x: !this.barred,
        drag: { x: !this.barred, y: false },
        points: { show: !this.barred, size: 6 },
        focus: { prox: -1 },
        sync: spec.group ? { key: spec.group, scales: ["x", null] } : undefined,
      },
      hooks: {
        drawClear: [(u) => drawBehind(this, u)],
        drawSeries: [(u, place) => this.barred && drawBars(this, u, place)],
        draw: [(u) => drawRules(this, u)],
        ready: [(u) => this.ready(u)],
        setCursor: [(u) => this.restLegend(u)],
        setSeries: [(u) => this.markLegend(u)],
        setScale: [(u, key) => key === "x" && this.offerReset(u)],
      },
    };
  }

  series(series, place) {
    const [colour, dots] = [this.colours[place], series.stroke === "dots"];
    const alone = dots || this.barred ? [] : lonely(series.values);
    const line = {
      solid: undefined,
      area: undefined,
      dashed: undefined,
      dash_dotted: undefined,
      dots: () => null,
      step: uPlot.paths.stepped({ align: 1 }),
    };
    return {
      label: series.name,
      value: (u, value) => (u.legend.idx == null ? "" : show(this.spec.y.format, value)),
      stroke: colour,
      width: dots || this.barred ? 0 : 1.6,
      dash: DASHES[series.stroke],
      fill: series.stroke === "area" ? faint(colour, 0.16) : undefined,
      fillTo: series.stroke === "area" ? () => 0 : undefined,
      paths: this.barred ? () => null : line[series.stroke],
      points: dots
        ? { show: true, size: 4, width: 0, fill: faint(colour, 0.6) }
        : { show: alone.length > 0, size: 4, width: 0, fill: colour, filter: () => alone },
    };
  }

  // ------------------------------------------------------------ scales and axes

  xScale() {
    const { spec, x } = this;
    if (spec.kind === "bars") {
      return {
        time: false,
        range: [-0.5, x.at.length - 0.5],
        ori: this.across ? 1 : 0,
        dir: this.across ? -1 : 1,
      };
    }
    if (spec.kind === "histogram") return { time: false, range: [spec.x.at[0], spec.x.at.at(-1)] };
    const range = (_, low, high) => {
      if (low === high) return [low - (x.time ? DAY : 0.5), high + (x.time ? DAY : 0.5)];
      return [low, high];
    };
    return { time: Boolean(x.time), range };
  }

  yScale() {
    const log = this.log;
    const range = (u, low, high) => {
      const reach = [low, high, ...this.reach(u)].filter((value) => value != null && (!log || value > 0));
      if (reach.length === 0) return [0, 1];
      [low, high] = [Math.min(...reach), Math.max(...reach)];
      if (log)
        return low === high
          ? [low / 1.1, high * 1.1]
          : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
      const least = this.spec.y.format.kind === "integer" ? 16 : 0;
      const margin = Math.max(high - low || Math.abs(high) || 1, least) * 0.06;
      return [
        low === 0 && this.spec.y.zero ? 0 : low - margin,
        high === 0 && this.spec.y.zero ? 0 : high + margin,
      ];
    };
    return { distr: log ? 3 : 1, ori: this.across ? 0 : 1, range };
  }

  // What the vertical axis must show besides the values: zero, rules, ribbons and error bars.
  reach(u) {
    const { spec, x } = this;
    const { min, max } = u.scales.x;
    const inView = (place) => min == null || this.barred || (x.at[place] >= min && x.at[place] <= max);
    const ends = spec.series.flatMap((series, place) => {
      if (!u.series[place + 1].show) return [];
      const ribbon = (series.ribbon ?? []).flatMap((bound) => bound.filter((_, at) => inView(at)));
      const errors = (series.errors ?? []).flatMap((error, at) =>
        error == null || series.values[at] == null
          ? []
          : [series.values[at] - error, series.values[at] + error],
      );
      return [...ribbon, ...errors];
    });
    const rules = spec.kind === "histogram" ? [] : spec.rules.map((rule) => rule.at);
    const finite = [...ends, ...rules].filter((value) => value != null);
    // Two numbers are enough, and a spread of a long list into arguments is not.
    const bounds = finite.length
      ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))]
      : [];
    return spec.y.zero ? [0, ...bounds] : bounds;
  }

  axis(more) {
    const line = { stroke: this.ink.grid, width: 1 };
    return {
      stroke: this.ink.text,
      font: this.font,
      grid: line,
      ticks: { ...line, size: 4 },
      gap: 5,
      ...more,
    };
  }

  textWidth(texts) {
    const context = (Chart.canvas ??= document.createElement("canvas")).getContext("2d");
    context.font = this.font;
    return Math.max(0, ...texts.map((text) => context.measureText(text ?? "").width));
  }

  xAxis() {
    const { spec, x } = this;
    const noGrid = { grid: { show: false } };
    if (spec.kind === "bars") {
      const names = spec.x.names;
      const widest = this.textWidth(names) + 10;
      const every = (u) =>
        this.across ? 1 : Math.ceil((widest * names.length) / Math.max(1, u.bbox.width / uPlot.pxRatio));
      return this.axis({
        ...noGrid,
        ticks: { show: false },
        side: this.across ? 3 : 2,
        size: this.across ? Math.min(widest + 8, 220) : 30,
        splits: (u) => x.at.filter((at) => at % every(u) === 0),
        values: (_, splits) => splits.map((at) => names[at]),
      });
    }
    if (x.time)
      return this.axis({
        ...noGrid,
        size: 30,
        space: 70,
        values: (_, splits, __, ___, step) => splits.map((at, place) => timeLabel(at, step, place === 0)),
      });
    return this.axis({
      ...noGrid,
      size: 28,
      space: 60,
      label: spec.x.name,
      labelSize: 18,
      labelFont: this.font,
      values: (_, splits) => labels(spec.x.format, splits),
    });
  }

  yAxis() {
    const values = (_, splits) => labels(this.spec.y.format, splits);
    const size = (_, texts) => Math.max(52, Math.ceil(this.textWidth(texts ?? [])) + 14);
    const log = this.log
      ? {
          splits: (u, _, low, high) => ratioTicks(low, high, Math.max(3, Math.floor(u.height / 48))),
          filter: (_, splits) => splits,
        }
      : {};
    return this.across
      ? this.axis({ side: 2, space: 60, size: 30, values })
      : this.axis({ side: 3, space: 36, size, values, ...log });
  }

  // ------------------------------------------------------------ legend and zoom

  ready(u) {
    this.restLegend(u);
    const rows = this.figure.querySelectorAll(".legend .u-series");
    rows.forEach((row, place) => {
      if (place === 0) return;
      const name = row.querySelector("th");
      name.tabIndex = 0;
      name.setAttribute("role", "button");
      name.title = "Show or hide";
      name.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        name.click();
      });
    });
    this.markLegend(u);
  }

  markLegend(u) {
    this.figure.querySelectorAll(".legend .u-series").forEach((row, place) => {
      if (place > 0) row.querySelector("th").setAttribute("aria-pressed", String(u.series[place].show));
    });
  }

  // Without a pointer the legend tells the newest values.
  restLegend(u) {
    if (u.cursor.idx != null || this.spec.kind !== "lines") return;
    const last = u.data[0].length - 1;
    if (u.legend.idx !== last) u.setLegend({ idx: last }, false);
  }

  ends() {
    return { min: this.x.at[0], max: this.x.at.at(-1) };
  }

  offerReset(u) {
    const { min, max } = this.ends();
    this.reset.hidden = this.barred || !(u.scales.x.min > min || u.scales.x.max < max);
  }

  showAll() {
    const together = charts.filter(
      (chart) => chart === this || (this.spec.group && chart.spec.group === this.spec.group),
    );
    for (const chart of together) chart.drawing.setScale("x", chart.ends());
  }
}
