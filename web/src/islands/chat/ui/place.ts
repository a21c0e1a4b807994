const GAP_PX = 4;
const EDGE_PX = 8;

/** Puts a sheet of fixed position below its opener, or above where there is no space, and never off the window. */
export function placeBeside(sheet: HTMLElement, opener: HTMLElement): void {
  const at = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = sheet;
  const fitsBelow = at.bottom + GAP_PX + height <= innerHeight - EDGE_PX;
  const top = fitsBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  const left = at.left + width <= innerWidth - EDGE_PX ? at.left : at.right - width;
  sheet.style.top = `${Math.max(EDGE_PX, top)}px`;
  sheet.style.left = `${Math.max(EDGE_PX, left)}px`;
}
