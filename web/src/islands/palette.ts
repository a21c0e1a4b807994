import { mount, unmount } from "svelte";
import Palette from "./Palette.svelte";

/** Shows the palette until it is closed; then focus goes back to where it was. */
export function openPalette(query: string, opener: Element | null): void {
  if (document.querySelector("dialog.palette") !== null) return;
  const palette = mount(Palette, {
    target: document.body,
    props: {
      query,
      close: () => {
        void unmount(palette);
        if (opener instanceof HTMLElement) opener.focus();
      },
    },
  });
}
