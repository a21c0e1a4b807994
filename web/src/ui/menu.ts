/** The menus of the header open without scripts; with them Esc and a click outside close them. */
export function attachMenu(): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu, details.account-menu")) attach(menu);
}

function attach(menu: HTMLDetailsElement): void {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (menu.open && event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
}
