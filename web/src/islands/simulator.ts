import { mount as mountComponent } from "svelte";
import { RULES, type Answer } from "./simulator/explain";
import Simulator from "./simulator/Simulator.svelte";

/** What one's own request would hit, and which endpoints one's account never reaches (site.md MP-05, MP-06). */
export function mount(place: HTMLElement): void {
  const { model = "", formToken = "" } = place.dataset;
  const blocks = [...document.querySelectorAll<HTMLElement>("[data-endpoint]")];
  const names = new Map(blocks.map((block) => [block.dataset["provider"] ?? "", block.getAttribute("aria-label") ?? ""]));
  mountComponent(Simulator, {
    target: place,
    props: { model, formToken, providers: [...names], onPlain: (answer) => markExcluded(blocks, answer) },
  });
}

const SAID_BY_SERVER = new Set(["existence", "not_enabled", "sandbox"]);

function markExcluded(blocks: HTMLElement[], answer: Answer): void {
  for (const block of blocks) {
    const endpoint = answer.endpoints.find((each) => each.tag === block.dataset["endpoint"]);
    const rule = endpoint?.droppedBy ?? null;
    if (rule === null || SAID_BY_SERVER.has(rule) || block.querySelector("[data-excluded]") !== null) continue;
    block.classList.add("endpoint-off");
    const note = document.createElement("p");
    note.className = "small";
    note.dataset["excluded"] = rule;
    note.textContent = `Your requests do not go here: ${RULES[rule] ?? rule}. ${answer.refusal ?? ""}`.trim();
    block.append(note);
  }
}
