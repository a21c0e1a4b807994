import { attachRowKeys } from "../ui/rows";
import { Filters } from "./models-filters";

/** The list of models: filters without a reload, keys, the tray of chosen ones. The server has every row in the page
 *  and says which match; here they are shown, hidden and ordered. */
export function mount(root: HTMLElement): void {
  const list = root.querySelector<HTMLElement>("[data-rows]");
  if (list === null) return;
  new Filters(root, list).attach();
  attachRowKeys(list, "[data-model]", (key, row) => {
    if (key === "c") row?.querySelector<HTMLInputElement>("input[name=models]")?.click();
  });
}
