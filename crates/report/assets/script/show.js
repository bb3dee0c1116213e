// How the page shows numbers, dates and colours. Needs nothing.

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
    case "percent":
      text = fixed(value * 100, places) + "%";
      break;
    case "integer":
      text = fixed(value, digits ?? 0);
      break;
    case "number":
      text = fixed(value, places);
      break;
    case "seconds":
      text = seconds(value);
      break;
    case "bytes":
      text = bytes(value);
      break;
    default:
      text = String(value);
  }
  if (/^-[0.,]*%?$/.test(text)) text = text.slice(1);
  return text.replace(/^-/, "−");
}

function seconds(value) {
  const size = Math.abs(value);
  if (size >= 3570)
    return `${Math.floor(Math.round(value / 60) / 60)} h ${String(Math.round(value / 60) % 60).padStart(2, "0")} min`;
  if (size >= 59.95)
    return `${Math.floor(Math.round(value) / 60)} min ${String(Math.round(value) % 60).padStart(2, "0")} s`;
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

// The digits behind the point that write the ticks of an axis as they are: two for 0.25, one for 2.5%.
function digitsOf(format, ticks) {
  const shown = ticks.map((at) => (format.kind === "percent" ? at * 100 : at));
  const steps = shown.slice(1).map((value, place) => Math.abs(value - shown[place]));
  // What is less than a millionth of a step is noise of the sums that ticks are made of.
  const noise = 1e-6 * (steps.length ? Math.min(...steps) : Math.abs(shown[0]));
  const isWhole = (value, unit) => Math.abs(value - Math.round(value * unit) / unit) <= noise;
  let digits = 0;
  while (digits < 10 && !shown.every((value) => isWhole(value, 10 ** digits))) digits++;
  return digits;
}

const date = (at) => new Date(at * 1000).toISOString().slice(0, 10);
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
  const mixed = stops[from].map((channel, place) =>
    Math.round(channel + (stops[from + 1][place] - channel) * way),
  );
  return "#" + mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("");
}

const colourOf = (name) => (/^[01]\./.test(name) ? shade(Number(name)) : property("--" + name));
const faint = (hex, alpha) => `rgba(${channels(hex).join(",")},${alpha})`;
