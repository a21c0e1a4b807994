import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { readTable, type Series } from "./chart-data";
import { bars, lines } from "./chart-options";
import { attachReadout } from "./chart-readout";

/** Draws the table inside the figure; the table stays as the text of the chart (site.md 0.5). */
export function mount(figure: HTMLElement): void {
  const place = figure.querySelector<HTMLElement>(".chart-plot");
  const data = readTable(figure);
  if (place === null || data === null) return;
  const draw = (): uPlot => {
    place.replaceChildren();
    const size = { width: place.clientWidth, height: 256 };
    const options = figure.dataset["kind"] === "bars" ? bars(data, size) : lines(data, size);
    const isStacked = figure.dataset["kind"] === "bars";
    const made = new uPlot({ ...options, legend: { live: false } }, plotted(data, isStacked), place);
    const { setCursor = [] } = attachReadout(made, figure, data, isStacked) ?? {};
    made.hooks.setCursor = [...(made.hooks.setCursor ?? []), ...[setCursor].flat()];
    return made;
  };
  let plot = draw();
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 256 })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot.destroy();
    plot = draw();
  });
}

/** Bars are stacked: each series carries the sum of those below it. */
function plotted(data: Series, isStacked: boolean): uPlot.AlignedData {
  if (!isStacked) return [data.times, ...data.values];
  const sums = data.times.map(() => 0);
  const stacked = data.values.map((values) =>
    values.map((value, at) => {
      if (value === null) return null;
      sums[at] = (sums[at] ?? 0) + value;
      return sums[at];
    }),
  );
  return [data.times, ...stacked];
}
