// Numbers as the server's pages write them (site.md NUM-01 to NUM-03; `web/formats/numbers.py`).

const NANO_PER_USD = 1_000_000_000;
const LEAST_NANOUSD = 1000;

/** `$1.24`, `$0.000312`, `<$0.000001`, `$0`. */
export function amount(nanousd: number): string {
  if (nanousd >= NANO_PER_USD) return `$${(nanousd / NANO_PER_USD).toFixed(2).replace(/\B(?=(\d{3})+(?=\.))/g, ",")}`;
  if (nanousd > 0 && nanousd < LEAST_NANOUSD) return "<$0.000001";
  return `$${trimmed((nanousd / NANO_PER_USD).toFixed(6))}`;
}

/** The API gives dollars as a decimal number. */
export function nanousd(dollars: number): number {
  return Math.round(dollars * NANO_PER_USD);
}

/** `0.42 s`, `12.5 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)}s`;
}

/** Three significant digits: `1.23K`. */
export function count(value: number): string {
  for (const [size, suffix] of [[1e9, "B"], [1e6, "M"], [1e3, "K"]] as const) {
    if (value < size) continue;
    const scaled = value / size;
    const places = scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
    return trimmed((Math.floor(scaled * 10 ** places) / 10 ** places).toFixed(places)) + suffix;
  }
  return String(value);
}

/** How many bytes a file has: `812 KB`. */
export function bytes(value: number): string {
  return value < 1000 ? `${value} B` : `${count(value)}B`.replace("KB", " KB").replace("MB", " MB");
}

function trimmed(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
