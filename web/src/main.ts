// The one entry. What every page has is attached at once and is tiny; an island is fetched when the page has one.

import { attachCopyButtons } from "./ui/copy";
import { showLocalTimes } from "./ui/local-times";
import { attachMenu } from "./ui/menu";
import { attachPalette } from "./ui/palette";
import { attachShortcuts } from "./ui/shortcuts";
import { attachSliders } from "./ui/sliders";
import { attachTabKeys } from "./ui/tabs";

type Mount = (element: HTMLElement) => void;

const islands: Record<string, () => Promise<{ mount: Mount }>> = {
  calculator: () => import("./islands/calculator"),
  chart: () => import("./islands/chart"),
  chat: () => import("./islands/chat"),
  compare: () => import("./islands/compare"),
  markdown: () => import("./islands/markdown"),
  models: () => import("./islands/models"),
  "own-keys": () => import("./islands/own-keys"),
  passkey: () => import("./islands/passkey"),
  rows: () => import("./islands/rows"),
  simulator: () => import("./islands/simulator"),
  try: () => import("./islands/try"),
};

function mountIslands(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-island]")) {
    const load = islands[element.dataset["island"] ?? ""];
    if (load !== undefined) void load().then(({ mount }) => mount(element));
  }
}

attachCopyButtons();
attachMenu();
attachPalette();
attachShortcuts();
attachSliders();
attachTabKeys();
showLocalTimes();
mountIslands();
