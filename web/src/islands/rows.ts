import { attachRowKeys } from "../ui/rows";

/** A table whose rows lead somewhere: keys move between them. */
export function mount(table: HTMLElement): void {
  attachRowKeys(table, "tbody tr");
}
