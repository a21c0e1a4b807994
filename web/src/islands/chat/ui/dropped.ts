/** Takes files that are dropped anywhere on the page; `over` hears while some are held above it. Returns how to end. */
export function dropped(page: Document, take: (files: File[]) => void, over: (isOver: boolean) => void): () => void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  const ending = new AbortController();
  const { signal } = ending;
  page.addEventListener(
    "dragover",
    (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(true);
    },
    { signal },
  );
  page.addEventListener(
    "dragleave",
    (event) => {
      if (event.relatedTarget === null) over(false);
    },
    { signal },
  );
  page.addEventListener(
    "drop",
    (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(false);
      take([...(event.dataTransfer?.files ?? [])]);
    },
    { signal },
  );
  return () => ending.abort();
}
