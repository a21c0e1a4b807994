export interface Series {
  /** Seconds since the epoch, oldest first. */
  times: number[];
  names: string[];
  /** One list for each name; null where there is no data. */
  values: (number | null)[][];
}

/** The numbers of the figure's table: rows are moments, columns are series. Null when it has none. */
export function readTable(figure: HTMLElement): Series | null {
  const table = figure.querySelector<HTMLTableElement>("details table");
  const rows = [...(table?.tBodies[0]?.rows ?? [])];
  if (table === null || rows.length === 0) return null;
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].slice(1).map((cell) => cell.textContent?.trim() ?? "");
  const times = rows.map((row) => Number(row.cells[0]?.dataset["at"]) / 1000);
  const values = names.map((_, column) => rows.map((row) => number(row.cells[column + 1]?.dataset["value"])));
  return { times, names, values };
}

function number(text: string | undefined): number | null {
  return text === undefined || text === "" ? null : Number(text);
}
