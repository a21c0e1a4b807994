let sprite = "";

/** Where the page's icons are. */
export function useIcons(address: string): void {
  sprite = address;
}

export function iconAddress(name: string): string {
  return `${sprite}#${name}`;
}
