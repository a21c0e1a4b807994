import { mount as mountComponent } from "svelte";
import Try from "./try/Try.svelte";

/** A form that performs the operation against this instance (site.md DOC-02). */
export function mount(place: HTMLElement): void {
  const { method = "GET", path = "", base = "", body = "" } = place.dataset;
  const isPublic = place.dataset["public"] !== undefined;
  const formToken = place.dataset["formToken"] ?? "";
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "");
  mountComponent(Try, { target: place, props: { method, path, base, template: body, isPublic, formToken, names } });
}
