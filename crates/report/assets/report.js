// Draws the charts of a report, sorts its tables and marks the section that is being read.
// Needs uPlot. Everything it shows is in the page: it makes no request and keeps nothing.
(() => {
  "use strict";

  const DAY = 86400;
  const MISSING = "–";
  const root = document.documentElement;

  // ---------------------------------------------------------------- numbers and dates

  // Shows a number as the page's tables do; `digits`, if given, replaces the digits of the format.
  function show(format, value, digits) {
    if (value == null) return MISSING;
    const fixed = (number, places) =>
      number.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
    const places = digits ?? format.digits ?? 0;
    let text;
    switch (format.kind) {
      case "percent": text = fixed(value * 100, places) + "%"; break;
      case "integer": text = fixed(value, digits ?? 0); break;
      case "number": text = fixed(value, places); break;
      case "seconds": text = seconds(value); break;
      case "bytes": text = bytes(value); break;
      default: text = String(value);
    }
    if (/^-[0.,]*%?$/.test(text)) text = text.slice(1);
    return text.replace(/^-/, "−");
  }

  function seconds(value) {
    const size = Math.abs(value);
    if (size >= 3570) return `${Math.floor(Math.round(value / 60) / 60)} h ${String(Math.round(value / 60) % 60).padStart(2, "0")} min`;
    if (size >= 59.95) return `${Math.floor(Math.round(value) / 60)} min ${String(Math.round(value) % 60).padStart(2, "0")} s`;
    if (size >= 9.995) return value.toFixed(1) + " s";
    if (size >= 0.9995 || size === 0) return value.toFixed(size === 0 ? 0 : 2) + " s";
    return size >= 0.0009995 ? (value * 1e3).toFixed(1) + " ms" : (value * 1e6).toFixed(0) + " µs";
  }

  function bytes(value) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (Math.abs(value) >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
    return value.toFixed(unit === 0 ? 0 : 1) + " " + units[unit];
  }

  // The digits behind the point that tell steps of an axis apart.
  function digitsOf(format, step) {
    const shown = format.kind === "percent" ? step * 100 : step;
    return Math.min(10, Math.max(0, -Math.floor(Math.log10(shown) + 1e-9)));
  }

  const date = (at) => new Date(at * 1000).toISOString().slice(0, 10);
  const instant = (at) => new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  // Labels of a time axis: years, months, days or hours, as far apart as the axis puts them; the first tells the year.
  function timeLabel(at, step, isFirst) {
    const when = new Date(at * 1000);
    const [year, month, day] = [when.getUTCFullYear(), when.getUTCMonth(), when.getUTCDate()];
    if (step >= 360 * DAY) return String(year);
    if (step >= 28 * DAY) return month === 0 ? String(year) : MONTHS[month] + (isFirst ? ` ${year}` : "");
    if (step >= DAY) return `${day} ${MONTHS[month]}` + (isFirst ? ` ${year}` : "");
    const midnight = at % DAY === 0;
    return midnight ? `${day} ${MONTHS[month]}` : when.toISOString().slice(11, 16);
  }

  // ---------------------------------------------------------------- colours

  const property = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function channels(hex) {
    return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  }

  // A share of the way through the three shades of ordered series.
  function shade(share) {
    const stops = ["--o0", "--o1", "--o2"].map((name) => channels(property(name)));
    const from = share < 0.5 ? 0 : 1;
    const way = share * 2 - from;
    const mixed = stops[from].map((channel, place) => Math.round(channel + (stops[from + 1][place] - channel) * way));
    return "#" + mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("");
  }

  const colourOf = (name) => (/^[01]\./.test(name) ? shade(Number(name)) : property("--" + name));
  const faint = (hex, alpha) => `rgba(${channels(hex).join(",")},${alpha})`;

  // ---------------------------------------------------------------- what a chart shows

  const running = (steps) => {
    let at = 0;
    return steps.map((step) => (at += step));
  };

  // Places on the horizontal axis, and their names under the pointer.
  function horizontal(spec) {
    const x = spec.x;
    switch (x.kind) {
      case "dates": return { at: running(x.steps).map((day) => day * DAY), time: true, unit: DAY, label: date };
      case "instants": return { at: running(x.steps), time: true, unit: 1, label: instant };
      case "names": return { at: x.names.map((_, place) => place), label: (at) => x.names[at] };
      case "edges": {
        const at = x.at.slice(1).map((edge, place) => (edge + x.at[place]) / 2);
        const place = (centre) => at.indexOf(centre);
        return { at, label: (centre) => `${show(x.format, x.at[place(centre)])} to ${show(x.format, x.at[place(centre) + 1])}` };
      }
      default: return { at: x.at, label: (at) => `${x.name} ${show(x.format, at)}` };
    }
  }

  // Places of values whose neighbours are both missing: a line alone would not show them.
  const lonely = (values) =>
    values.flatMap((value, place) =>
      value != null && values[place - 1] == null && values[place + 1] == null ? [place] : []);

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
      this.colours = this.spec.series.map((series) => colourOf(series.colour === "sign" ? "positive" : series.colour));
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
        legend: { mount: (_, legend) => this.figure.querySelector(".legend").replaceChildren(legend), markers: { width: 0, fill: (_, place) => this.colours[place - 1] } },
        cursor: {
          y: false,
          x: !this.barred,
          drag: { x: !this.barred, y: false },
          points: { show: !this.barred, size: 6 },
          focus: { prox: -1 },
          sync: spec.group ? { key: spec.group, scales: ["x", null] } : undefined,
        },
        hooks: {
          drawClear: [(u) => this.drawBehind(u)],
          drawSeries: [(u, place) => this.barred && this.drawBars(u, place)],
          draw: [(u) => this.drawRules(u)],
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
      const line = { solid: undefined, area: undefined, dashed: undefined, dots: () => null, step: uPlot.paths.stepped({ align: 1 }) };
      return {
        label: series.name,
        value: (u, value) => (u.legend.idx == null ? "" : show(this.spec.y.format, value)),
        stroke: colour,
        width: dots || this.barred ? 0 : 1.6,
        dash: series.stroke === "dashed" ? [6, 4] : undefined,
        fill: series.stroke === "area" ? faint(colour, 0.16) : undefined,
        fillTo: series.stroke === "area" ? () => 0 : undefined,
        paths: this.barred ? () => null : line[series.stroke],
        points: dots
          ? { show: true, size: this.spec.kind === "scatter" ? 6 : 4, width: 0, fill: faint(colour, 0.6) }
          : { show: alone.length > 0, size: 4, width: 0, fill: colour, filter: () => alone },
      };
    }

    // ------------------------------------------------------------ scales and axes

    xScale() {
      const { spec, x } = this;
      if (spec.kind === "bars") {
        return { time: false, range: [-0.5, x.at.length - 0.5], ori: this.across ? 1 : 0, dir: this.across ? -1 : 1 };
      }
      if (spec.kind === "histogram") return { time: false, range: [spec.x.at[0], spec.x.at.at(-1)] };
      const range = (_, low, high) => {
        if (low === high) return [low - (x.time ? DAY : 0.5), high + (x.time ? DAY : 0.5)];
        const margin = spec.kind === "scatter" ? (high - low) * 0.04 : 0;
        return [low - margin, high + margin];
      };
      return { time: Boolean(x.time), range };
    }

    yScale() {
      const log = this.log;
      const range = (u, low, high) => {
        const reach = [low, high, ...this.reach(u)].filter((value) => value != null && (!log || value > 0));
        if (reach.length === 0) return [0, 1];
        [low, high] = [Math.min(...reach), Math.max(...reach)];
        if (log) return low === high ? [low / 1.1, high * 1.1] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
        const least = this.spec.y.format.kind === "integer" ? 16 : 0;
        const margin = Math.max(high - low || Math.abs(high) || 1, least) * 0.06;
        return [low === 0 && this.spec.y.zero ? 0 : low - margin, high === 0 && this.spec.y.zero ? 0 : high + margin];
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
          error == null || series.values[at] == null ? [] : [series.values[at] - error, series.values[at] + error]);
        return [...ribbon, ...errors];
      });
      const rules = spec.kind === "histogram" ? [] : spec.rules.map((rule) => rule.at);
      const finite = [...ends, ...rules].filter((value) => value != null);
      // Two numbers are enough, and a spread of a long list into arguments is not.
      const bounds = finite.length ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))] : [];
      return spec.y.zero ? [0, ...bounds] : bounds;
    }

    axis(more) {
      const line = { stroke: this.ink.grid, width: 1 };
      return { stroke: this.ink.text, font: this.font, grid: line, ticks: { ...line, size: 4 }, gap: 5, ...more };
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
        const every = (u) => (this.across ? 1 : Math.ceil((widest * names.length) / Math.max(1, u.bbox.width / uPlot.pxRatio)));
        return this.axis({
          ...noGrid,
          ticks: { show: false },
          side: this.across ? 3 : 2,
          size: this.across ? Math.min(widest + 8, 220) : 30,
          splits: (u) => x.at.filter((at) => at % every(u) === 0),
          values: (_, splits) => splits.map((at) => names[at]),
        });
      }
      if (x.time) return this.axis({ ...noGrid, size: 30, space: 70, values: (_, splits, __, ___, step) => splits.map((at, place) => timeLabel(at, step, place === 0)) });
      return this.axis({
        ...noGrid,
        size: 28,
        space: 60,
        label: spec.x.name,
        labelSize: 18,
        labelFont: this.font,
        values: (_, splits, __, ___, step) => splits.map((at) => show(spec.x.format, at, digitsOf(spec.x.format, step))),
      });
    }

    yAxis() {
      const format = this.spec.y.format;
      const label = (splits, step) =>
        splits.map((at) => {
          const digits = digitsOf(format, step);
          if (format.kind === "integer" && digits > 0) return "";
          return show(format, at, digits);
        });
      const smallest = (splits) => splits.slice(1).reduce((least, at, place) => Math.min(least, at - splits[place]), Infinity);
      const values = (_, splits, __, ___, step) => label(splits, this.log ? smallest(splits) : step);
      const size = (_, texts) => Math.max(52, Math.ceil(this.textWidth(texts ?? [])) + 14);
      const log = this.log
        ? { splits: (u, _, low, high) => ratioTicks(low, high, Math.max(3, Math.floor(u.height / 48))), filter: (_, splits) => splits }
        : {};
      const name = this.spec.y.name ? { label: this.spec.y.name, labelSize: 18, labelFont: this.font } : {};
      return this.across
        ? this.axis({ side: 2, space: 60, size: 30, values })
        : this.axis({ side: 3, space: 36, size, values, ...log, ...name });
    }

    // ------------------------------------------------------------ drawing

    clipped(u, act) {
      const { left, top, width, height } = u.bbox;
      u.ctx.save();
      u.ctx.beginPath();
      u.ctx.rect(left, top, width, height);
      u.ctx.clip();
      act(u.ctx);
      u.ctx.restore();
    }

    drawBehind(u) {
      if (this.spec.kind !== "lines") return;
      this.clipped(u, (context) => {
        for (const band of this.spec.bands) this.drawBand(u, context, band);
        this.spec.series.forEach((series, place) => {
          if (series.ribbon && u.series[place + 1].show) this.drawRibbon(u, context, series.ribbon, this.colours[place]);
        });
      });
    }

    drawBand(u, context, band) {
      const unit = this.x.unit ?? 1;
      const half = this.spec.x.kind === "dates" ? DAY / 2 : 0;
      const [from, to] = [band.from * unit - half, band.to * unit + half].map((at) => u.valToPos(at, "x", true));
      const hue = band.colour === "positive" || band.colour === "negative" ? band.colour : "neutral";
      context.fillStyle = faint(property("--" + hue), 0.13);
      context.fillRect(from, u.bbox.top, Math.max(1, to - from), u.bbox.height);
      context.font = this.scaled(10);
      context.fillStyle = this.ink.text;
      context.textBaseline = "top";
      context.textAlign = "left";
      const inset = 4 * uPlot.pxRatio;
      const start = Math.max(from, u.bbox.left);
      // A name may reach beyond its band, up to the next one.
      const next = this.spec.bands.filter((other) => other.from > band.from).map((other) => u.valToPos(other.from * unit, "x", true));
      const room = Math.min(u.bbox.left + u.bbox.width, ...next) - start;
      if (to > u.bbox.left && context.measureText(band.name).width + 2 * inset < room) context.fillText(band.name, start + inset, u.bbox.top + inset);
    }

    drawRibbon(u, context, [lower, upper], colour) {
      const point = (place, value) => [u.valToPos(this.x.at[place], "x", true), u.valToPos(value, "y", true)];
      context.fillStyle = faint(colour, 0.16);
      let start = 0;
      while (start < lower.length) {
        let end = start;
        while (end < lower.length && lower[end] != null && upper[end] != null) end++;
        if (end > start) {
          const places = Array.from({ length: end - start }, (_, step) => start + step);
          context.beginPath();
          places.forEach((place) => context.lineTo(...point(place, upper[place])));
          places.reverse().forEach((place) => context.lineTo(...point(place, lower[place])));
          context.fill();
        }
        start = end + 1;
      }
    }

    // The ends of a bar along the horizontal axis; grouped bars share the place of one.
    barEnds(u, series, place) {
      if (this.spec.kind === "histogram") return [this.spec.x.at[place], this.spec.x.at[place + 1]];
      const shown = this.spec.series.map((_, other) => other).filter((other) => u.series[other + 1].show);
      const width = 0.76 / shown.length;
      const from = place - 0.38 + width * shown.indexOf(series);
      return [from, from + width];
    }

    drawBars(u, index) {
      const series = this.spec.series[index - 1];
      if (!u.series[index].show) return;
      const overlaid = this.spec.kind === "histogram" && this.spec.series.length > 1;
      const gap = uPlot.pxRatio / 2;
      this.clipped(u, (context) => {
        series.values.forEach((value, place) => {
          if (value == null) return;
          const hue = series.colour === "sign" ? property(value < 0 ? "--negative" : "--positive") : this.colours[index - 1];
          const [from, to] = this.barEnds(u, index - 1, place).map((at) => u.valToPos(at, "x", true));
          const [zero, end] = [0, value].map((at) => u.valToPos(at, "y", true));
          const [start, breadth] = [Math.min(from, to) + gap, Math.max(1, Math.abs(to - from) - 2 * gap)];
          context.fillStyle = faint(hue, overlaid ? 0.5 : 0.88);
          if (this.across) context.fillRect(Math.min(zero, end), start, Math.abs(end - zero), breadth);
          else context.fillRect(start, Math.min(zero, end), breadth, Math.abs(end - zero));
          const error = series.errors?.[place];
          if (error != null) this.drawError(u, context, start + breadth / 2, breadth, value, error);
        });
      });
    }

    drawError(u, context, centre, breadth, value, error) {
      const [low, high] = [value - error, value + error].map((at) => u.valToPos(at, "y", true));
      const cap = Math.min(breadth / 4, 5 * uPlot.pxRatio);
      const line = (x0, y0, x1, y1) => (this.across ? [[y0, x0], [y1, x1]] : [[x0, y0], [x1, y1]]);
      const strokes = [line(centre, low, centre, high), line(centre - cap, low, centre + cap, low), line(centre - cap, high, centre + cap, high)];
      context.strokeStyle = this.ink.rule;
      context.lineWidth = 1.2 * uPlot.pxRatio;
      context.beginPath();
      for (const [start, end] of strokes) {
        context.moveTo(...start);
        context.lineTo(...end);
      }
      context.stroke();
    }

    scaled(pixels) {
      return `${pixels * uPlot.pxRatio}px ${property("--sans")}`;
    }

    drawRules(u) {
      const upright = this.spec.kind === "histogram" || this.across;
      const scale = this.spec.kind === "histogram" ? "x" : "y";
      const { left, top, width, height } = u.bbox;
      const inset = 4 * uPlot.pxRatio;
      const rules = [...this.spec.rules, ...(this.zeroLine(u) ? [{ at: 0, name: "", solid: true }] : [])];
      this.clipped(u, (context) => {
        for (const rule of rules) {
          const at = u.valToPos(rule.at, scale, true);
          context.strokeStyle = rule.solid ? this.ink.text : this.ink.rule;
          context.lineWidth = uPlot.pxRatio;
          context.setLineDash(rule.solid ? [] : [4 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
          context.beginPath();
          context.moveTo(upright ? at : left, upright ? top : at);
          context.lineTo(upright ? at : left + width, upright ? top + height : at);
          context.stroke();
          this.drawRuleName(u, context, rule, at, upright, inset);
        }
      });
    }

    drawRuleName(u, context, rule, at, upright, inset) {
      if (!rule.name) return;
      const { left, top, width } = u.bbox;
      context.font = this.scaled(10.5);
      context.fillStyle = this.ink.rule;
      const room = context.measureText(rule.name).width + 2 * inset < left + width - at;
      context.textAlign = upright && room ? "left" : "right";
      context.textBaseline = upright ? "top" : "bottom";
      const x = upright ? at + (room ? inset : -inset) : left + width - inset;
      const y = upright ? top + inset : at - inset / 2;
      context.setLineDash([]);
      context.strokeStyle = property("--paper");
      context.lineWidth = 4 * uPlot.pxRatio;
      context.strokeText(rule.name, x, y);
      context.fillText(rule.name, x, y);
    }

    // Zero is drawn where values lie on both sides of it.
    zeroLine(u) {
      if (this.spec.kind === "histogram" || this.log || this.spec.rules.some((rule) => rule.at === 0)) return false;
      return u.scales.y.min < 0 && u.scales.y.max >= 0;
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
      const together = charts.filter((chart) => chart === this || (this.spec.group && chart.spec.group === this.spec.group));
      for (const chart of together) chart.drawing.setScale("x", chart.ends());
    }
  }

  // ---------------------------------------------------------------- tables

  // Orders rows by a column: numbers from the largest, texts from the first; again reverses; missing values stay last.
  function makeSortable(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const original = [...body.rows];
    const key = (row, column) => {
      const cell = row.cells[column];
      if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
      return cell.textContent === MISSING ? null : cell.textContent;
    };
    const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numeric = original.some((row) => typeof key(row, column) === "number");
        const [first, second] = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
        const now = head.getAttribute("aria-sort");
        const next = now === first ? second : now === second ? null : first;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        const rows = [...original];
        if (next) {
          rows.sort((left, right) => {
            const [a, b] = [key(left, column), key(right, column)];
            return a === null || b === null ? (a === null) - (b === null) : sign * order(a, b);
          });
        }
        body.append(...rows);
      });
    });
  }

  // ---------------------------------------------------------------- page

  // Marks in the navigation the section whose heading was passed last.
  function followSections() {
    const links = [...document.querySelectorAll(".nav a")];
    const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
    const mark = () => {
      const passed = sections.filter((section) => section && section.getBoundingClientRect().top < innerHeight * 0.3).length;
      links.forEach((link, place) => {
        if (place === Math.max(0, passed - 1)) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    };
    document.addEventListener("scroll", mark, { passive: true });
    mark();
  }

  const charts = [...document.querySelectorAll("figure.chart")].filter((figure) => figure.querySelector(".plot")).map((figure) => new Chart(figure));
  document.querySelectorAll("table.sortable").forEach(makeSortable);
  followSections();

  const redraw = (width) => charts.forEach((chart) => chart.draw(width));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  // Paper is light and narrow.
  addEventListener("beforeprint", () => {
    root.classList.add("paper");
    redraw(660);
  });
  addEventListener("afterprint", () => {
    root.classList.remove("paper");
    redraw();
  });
})();
