const SIDEWAYS_PX = 60;
const UPRIGHT_PX = 40;

/** Tells of a finger that went sideways over a box: 1 to the next, -1 to the one before. Returns how to end. */
export function swipes(box: HTMLElement, told: (step: 1 | -1) => void): () => void {
  const ending = new AbortController();
  const options = { passive: true, signal: ending.signal };
  let from: Touch | undefined;
  box.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0] : undefined), options);
  box.addEventListener(
    "touchend",
    (event) => {
      const to = event.changedTouches[0];
      if (from === undefined || to === undefined || isInsideScroller(event.target, box)) return;
      const x = to.clientX - from.clientX;
      if (Math.abs(x) >= SIDEWAYS_PX && Math.abs(to.clientY - from.clientY) <= UPRIGHT_PX) told(x < 0 ? 1 : -1);
    },
    options,
  );
  return () => ending.abort();
}

/** A table or code that is wider than the screen scrolls under the finger. */
function isInsideScroller(target: EventTarget | null, box: HTMLElement): boolean {
  for (let at = target instanceof Element ? target : null; at !== null && at !== box; at = at.parentElement) {
    if (at.scrollWidth > at.clientWidth + 1 && getComputedStyle(at).overflowX !== "visible") return true;
  }
  return false;
}
