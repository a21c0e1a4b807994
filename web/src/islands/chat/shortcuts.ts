import { hasCommand, isTyping } from "../../ui/keys";

export interface Actions {
  newRoom: () => void;
  addModel: () => void;
  help: () => void;
  /** A dialog is open: keys belong to it. */
  isBlocked: () => boolean;
}

/** The keys of the chat that work wherever one is (site.md 27); those of the composer are its own. */
export function shortcuts(actions: Actions): (event: KeyboardEvent) => void {
  return (event) => {
    if (actions.isBlocked()) return;
    const action = actionOf(event, actions);
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
}

function actionOf(event: KeyboardEvent, actions: Actions): (() => void) | undefined {
  if (hasCommand(event)) return event.key === "/" ? actions.newRoom : event.key === "j" ? actions.addModel : undefined;
  return event.key === "?" && !isTyping(event) ? actions.help : undefined;
}
