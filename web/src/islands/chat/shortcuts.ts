import { hasCommand } from "../../ui/keys";

export interface Actions {
  newRoom: () => void;
  addModel: () => void;
}

/** The keys of the chat that work wherever one is (site.md 27); those of the composer are its own. */
export function shortcuts(actions: Actions): (event: KeyboardEvent) => void {
  return (event) => {
    if (!hasCommand(event) || document.querySelector("dialog[open]") !== null) return;
    const action = event.key === "/" ? actions.newRoom : event.key === "j" ? actions.addModel : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
}
