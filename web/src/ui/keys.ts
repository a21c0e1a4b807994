/** Whether a key press belongs to a field that is being typed in (site.md KB-01). */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=range]), textarea, select"))
  );
}

/** ⌘ on Apple's keyboards, Ctrl on others. */
export function hasCommand(event: KeyboardEvent): boolean {
  return event.metaKey || event.ctrlKey;
}

export const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);
