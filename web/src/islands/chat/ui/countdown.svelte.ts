const TICK_MS = 250;

/** The whole seconds that are left until a moment, 0 when it has passed or there is none. Used while a component is made. */
export function countdown(until_ms: () => number | null): { readonly seconds: number } {
  let now_ms = $state(Date.now());
  $effect(() => {
    const end_ms = until_ms();
    if (end_ms === null) return undefined;
    const timer = setInterval(() => {
      now_ms = Date.now();
      if (now_ms >= end_ms) clearInterval(timer);
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return {
    get seconds() {
      const end_ms = until_ms();
      return end_ms === null ? 0 : Math.max(0, Math.ceil((end_ms - now_ms) / 1000));
    },
  };
}
