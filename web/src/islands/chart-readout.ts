import type uPlot from "uplot";
import type { Series } from "./chart-data";

/** What the moment under the cursor says: values from the largest down, and their sum where they are stacked. Arrow keys
 *  move through the moments (site.md CH-02). */
export function attachReadout(plot: uPlot, figure: HTMLElement, data: Series, isStacked: boolean): uPlot.Plugin["hooks"] {
  const place = figure.querySelector<HTMLElement>(".chart-plot");
  const shown = figure.querySelector<HTMLElement>("[data-readout]");
  const rows = [...(figure.querySelector<HTMLTableElement>("details table")?.tBodies[0]?.rows ?? [])];
  if (place === null || shown === null) return {};
  const text = (row: number, column: number): string => rows[row]?.cells[column]?.textContent?.trim() ?? "–";
  const show = (): void => {
    const row = plot.cursor.idx;
    shown.replaceChildren();
    if (row === null || row === undefined) return;
    const parts = data.names
      .map((name, at) => ({ name, value: data.values[at]?.[row] ?? null, shown: text(row, at + 1) }))
      .filter((part) => part.value !== null && part.value !== 0)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    const sum = parts.reduce((total, part) => total + (part.value ?? 0), 0);
    const whole = isStacked && parts.length > 1 ? `, ${SHORT.format(sum)} in all` : "";
    const head = document.createElement("strong");
    head.textContent = `${text(row, 0)}${whole}`;
    shown.append(head, ...parts.map((part) => line(`${part.name}: ${part.shown}`)));
  };
  place.tabIndex = 0;
  place.onkeydown = (event) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const last = data.times.length - 1;
    const row = Math.min(last, Math.max(0, (plot.cursor.idx ?? (by > 0 ? -1 : last + 1)) + by));
    plot.setCursor({ left: plot.valToPos(data.times[row] ?? 0, "x"), top: 0 });
  };
  return { setCursor: [show] };
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function line(text: string): HTMLElement {
  const part = document.createElement("span");
  part.textContent = text;
  return part;
}
