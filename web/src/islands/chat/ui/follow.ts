const NEAR_PX = 48;

/**
 * Keeps a box that grows scrolled to its end, but only while its reader is there (site.md CHAT-19). Returns how to go
 * to the end, and how to let go of the box. `told` hears whether the reader is away from the end.
 */
export function follow(box: HTMLElement, told: (isBehind: boolean) => void): [toLatest: () => void, end: () => void] {
  let isFollowing = true;
  let height = 0;

  const isAtEnd = (): boolean => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
  const toLatest = (): void => {
    isFollowing = true;
    box.scrollTop = box.scrollHeight;
    told(false);
  };
  const onscroll = (): void => {
    // A box that grew says so by a scroll as well; only a reader moves it while its height stays.
    if (box.scrollHeight !== height) {
      height = box.scrollHeight;
      if (isFollowing) return;
    }
    isFollowing = isAtEnd();
    told(!isFollowing);
  };
  const growing = new ResizeObserver(() => {
    if (isFollowing) box.scrollTop = box.scrollHeight;
    else told(!isAtEnd());
    height = box.scrollHeight;
  });

  box.addEventListener("scroll", onscroll, { passive: true });
  growing.observe(box);
  for (const child of box.children) growing.observe(child);
  return [
    toLatest,
    () => {
      growing.disconnect();
      box.removeEventListener("scroll", onscroll);
    },
  ];
}
