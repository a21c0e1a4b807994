/** Shows the text of an element as an answer of a model is shown. */
export function mount(place: HTMLElement): void {
  const text = place.textContent ?? "";
  const stage = document.createElement("div");
  void import("../render").then(({ renderMarkdown, showArtifact }) => {
    renderMarkdown(place, text, { onArtifact: (artifact) => showArtifact(stage, artifact, "Example artifact") });
    place.after(stage);
  });
}
