import type uPlot from "uplot";
import type { Series } from "./chart-data";

interface Size {
  width: number;
  height: number;
}

const SERIES_COLORS = 10;
const OTHER = "Other";
const BAR_SHARE = 0.76;

/** Stacked bars, for amounts over time. Each series' numbers are sums with those before it. */
export function bars(data: Series, size: Size): uPlot.Options {
  const half = data.times.length > 1 ? ((data.times[1] ?? 0) - (data.times[0] ?? 0)) / 2 : 1800;
  const options = common(size);
  const fills = colors(data.names);
  return {
    ...options,
    scales: { ...options.scales, x: { time: true, range: (_plot, first, last) => [first - half, last + half] } },
    hooks: { draw: [hatchLast] },
    series: [
      {},
      ...data.names.map((label, at) => ({ label, fill: fills[at] ?? "", width: 0, paths: segments, points: { show: false } })),
    ],
  };
}

/** Lines, for latency, throughput and uptime. */
export function lines(data: Series, size: Size): uPlot.Options {
  const strokes = colors(data.names);
  return {
    ...common(size),
    series: [{}, ...data.names.map((label, at) => ({ label, stroke: strokes[at] ?? "", width: 2, spanGaps: false }))],
  };
}

function common(size: Size): Omit<uPlot.Options, "series"> {
  const axis = { stroke: token("--text-quiet"), grid: { stroke: token("--line"), width: 1 }, ticks: { show: false } };
  return {
    ...size,
    axes: [{ ...axis, values: moments }, { ...axis, size: 60, values: (_plot: uPlot, ticks: number[]) => ticks.map(short) }],
    scales: {
      x: { time: true },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
    },
    padding: [8, 8, 0, 0],
    tzDate: utc,
  };
}

/** One bar for each moment, from the sum before this series to the sum with it. */
const segments: uPlot.Series.PathBuilder = (plot, at, from, to) => {
  const path = new Path2D();
  const times = plot.data[0];
  const width = (plot.bbox.width / Math.max(1, times.length)) * BAR_SHARE;
  const below = at > 1 ? plot.data[at - 1] : undefined;
  const values = plot.data[at] ?? [];
  for (let row = from; row <= to; row += 1) {
    const value = values[row];
    if (value === null || value === undefined) continue;
    const middle = plot.valToPos(times[row] ?? 0, "x", true);
    const top = plot.valToPos(value, "y", true);
    path.rect(middle - width / 2, top, width, plot.valToPos(below?.[row] ?? 0, "y", true) - top);
  }
  return { fill: path };
};

/** The last bar is of a time that is not over yet, and says so by stripes (site.md CH-03). */
function hatchLast(plot: uPlot): void {
  const at = plot.data[0].length - 1;
  const top = plot.data.at(-1)?.[at];
  if (at < 0 || top === null || top === undefined || top === 0) return;
  const width = (plot.bbox.width / Math.max(1, at + 1)) * BAR_SHARE;
  const left = plot.valToPos(plot.data[0][at] ?? 0, "x", true) - width / 2;
  const [high, low] = [plot.valToPos(top, "y", true), plot.valToPos(0, "y", true)];
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, high, width, low - high);
  ctx.clip();
  ctx.strokeStyle = token("--page");
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  for (let y = high - width; y < low + width; y += 6 * devicePixelRatio) {
    ctx.moveTo(left, y + width);
    ctx.lineTo(left + width, y);
  }
  ctx.stroke();
  ctx.restore();
}

/** A series keeps its colour from page to page: its name says which, and who comes later takes the next free one. */
function colors(names: string[]): string[] {
  const taken = new Set<number>();
  return names.map((name) => {
    if (name === OTHER || taken.size === SERIES_COLORS) return token("--series-other");
    let at = hash(name) % SERIES_COLORS;
    while (taken.has(at)) at = (at + 1) % SERIES_COLORS;
    taken.add(at);
    return token(`--series-${at + 1}`);
  });
}

function hash(text: string): number {
  let found = 7;
  for (const character of text) found = (found * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return found;
}

/** A colour of the stylesheet in the theme of this moment: a canvas does not know `light-dark()`. */
function token(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const DAY_S = 86_400;

/** Days, or times of the day with the day where it begins. Buckets are UTC, so the axis is (site.md NUM-04). */
function moments(_plot: uPlot, ticks: number[], _axis: number, _space: number, step: number): string[] {
  return ticks.map((seconds) => {
    const isDay = step >= DAY_S || seconds % DAY_S === 0;
    return (isDay ? day : clock).format(new Date(seconds * 1000));
  });
}

function short(value: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

/** Where uPlot puts its ticks: at the hours of UTC. */
function utc(seconds: number): Date {
  const local = new Date(seconds * 1000);
  return new Date(local.getTime() + local.getTimezoneOffset() * 60_000);
}
