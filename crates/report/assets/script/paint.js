// What uPlot lacks: bands, ribbons, bars with errors, rules with names.

function clipped(chart, u, act) {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  act(u.ctx);
  u.ctx.restore();
}

function drawBehind(chart, u) {
  if (chart.spec.kind !== "lines") return;
  clipped(chart, u, (context) => {
    for (const band of chart.spec.bands) drawBand(chart, u, context, band);
    chart.spec.series.forEach((series, place) => {
      if (series.ribbon && u.series[place + 1].show)
        drawRibbon(chart, u, context, series.ribbon, chart.colours[place]);
    });
  });
}

function drawBand(chart, u, context, band) {
  const unit = chart.x.unit ?? 1;
  const half = chart.spec.x.kind === "dates" ? DAY / 2 : 0;
  const [from, to] = [band.from * unit - half, band.to * unit + half].map((at) => u.valToPos(at, "x", true));
  const hue = band.colour === "positive" || band.colour === "negative" ? band.colour : "neutral";
  context.fillStyle = faint(property("--" + hue), 0.13);
  context.fillRect(from, u.bbox.top, Math.max(1, to - from), u.bbox.height);
  context.font = scaled(chart, 10);
  context.fillStyle = chart.ink.text;
  context.textBaseline = "top";
  context.textAlign = "left";
  const inset = 4 * uPlot.pxRatio;
  const start = Math.max(from, u.bbox.left);
  // A name may reach beyond its band, up to the next one.
  const next = chart.spec.bands
    .filter((other) => other.from > band.from)
    .map((other) => u.valToPos(other.from * unit, "x", true));
  const room = Math.min(u.bbox.left + u.bbox.width, ...next) - start;
  if (to > u.bbox.left && context.measureText(band.name).width + 2 * inset < room)
    context.fillText(band.name, start + inset, u.bbox.top + inset);
}

function drawRibbon(chart, u, context, [lower, upper], colour) {
  const point = (place, value) => [u.valToPos(chart.x.at[place], "x", true), u.valToPos(value, "y", true)];
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
function barEnds(chart, u, series, place) {
  if (chart.spec.kind === "histogram") return [chart.spec.x.at[place], chart.spec.x.at[place + 1]];
  const shown = chart.spec.series.map((_, other) => other).filter((other) => u.series[other + 1].show);
  const width = 0.76 / shown.length;
  const from = place - 0.38 + width * shown.indexOf(series);
  return [from, from + width];
}

function drawBars(chart, u, index) {
  const series = chart.spec.series[index - 1];
  if (!u.series[index].show) return;
  const overlaid = chart.spec.kind === "histogram" && chart.spec.series.length > 1;
  const gap = uPlot.pxRatio / 2;
  clipped(chart, u, (context) => {
    series.values.forEach((value, place) => {
      if (value == null) return;
      const hue =
        series.colour === "sign"
          ? property(value < 0 ? "--negative" : "--positive")
          : chart.colours[index - 1];
      const [from, to] = barEnds(chart, u, index - 1, place).map((at) => u.valToPos(at, "x", true));
      const [zero, end] = [0, value].map((at) => u.valToPos(at, "y", true));
      const [start, breadth] = [Math.min(from, to) + gap, Math.max(1, Math.abs(to - from) - 2 * gap)];
      context.fillStyle = faint(hue, overlaid ? 0.5 : 0.88);
      if (chart.across) context.fillRect(Math.min(zero, end), start, Math.abs(end - zero), breadth);
      else context.fillRect(start, Math.min(zero, end), breadth, Math.abs(end - zero));
      const error = series.errors?.[place];
      if (error != null) drawError(chart, u, context, start + breadth / 2, breadth, value, error);
    });
  });
}

function drawError(chart, u, context, centre, breadth, value, error) {
  const [low, high] = [value - error, value + error].map((at) => u.valToPos(at, "y", true));
  const cap = Math.min(breadth / 4, 5 * uPlot.pxRatio);
  const line = (x0, y0, x1, y1) =>
    chart.across
      ? [
          [y0, x0],
          [y1, x1],
        ]
      : [
          [x0, y0],
          [x1, y1],
        ];
  const strokes = [
    line(centre, low, centre, high),
    line(centre - cap, low, centre + cap, low),
    line(centre - cap, high, centre + cap, high),
  ];
  context.strokeStyle = chart.ink.rule;
  context.lineWidth = 1.2 * uPlot.pxRatio;
  context.beginPath();
  for (const [start, end] of strokes) {
    context.moveTo(...start);
    context.lineTo(...end);
  }
  context.stroke();
}

function scaled(chart, pixels) {
  return `${pixels * uPlot.pxRatio}px ${property("--sans")}`;
}

function drawRules(chart, u) {
  const upright = chart.spec.kind === "histogram" || chart.across;
  const scale = chart.spec.kind === "histogram" ? "x" : "y";
  const { left, top, width, height } = u.bbox;
  const inset = 4 * uPlot.pxRatio;
  const rules = [...chart.spec.rules, ...(zeroLine(chart, u) ? [{ at: 0, name: "", solid: true }] : [])];
  clipped(chart, u, (context) => {
    for (const rule of rules) {
      const at = u.valToPos(rule.at, scale, true);
      context.strokeStyle = rule.solid ? chart.ink.text : chart.ink.rule;
      context.lineWidth = uPlot.pxRatio;
      context.setLineDash(rule.solid ? [] : [4 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
      context.beginPath();
      context.moveTo(upright ? at : left, upright ? top : at);
      context.lineTo(upright ? at : left + width, upright ? top + height : at);
      context.stroke();
      drawRuleName(chart, u, context, rule, at, upright, inset);
    }
  });
}

function drawRuleName(chart, u, context, rule, at, upright, inset) {
  if (!rule.name) return;
  const { left, top, width } = u.bbox;
  context.font = scaled(chart, 10.5);
  context.fillStyle = chart.ink.rule;
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
function zeroLine(chart, u) {
  if (chart.spec.kind === "histogram" || chart.log || chart.spec.rules.some((rule) => rule.at === 0))
    return false;
  return u.scales.y.min < 0 && u.scales.y.max >= 0;
}
