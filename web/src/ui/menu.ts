/** The phone's menu opens without scripts; with them Esc and a click outside close it. */
export function attachMenu(): void {
  const menu = document.querySelector<HTMLDetailsElement>("details.menu");
  if (menu === null) return;
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
