// HTML and SVG that a model wrote, at work in a frame that has neither this site's origin nor the network
// (site.md CHAT-18). The frame's own page, which the server sends, brings the policy that says so.

import type { Artifact } from "./code-block";

const FRAME = "/chat/artifact";

/** Shows the artifact in `target`. Returns how to take it away. */
export function showArtifact(target: HTMLElement, artifact: Artifact, title: string): () => void {
  const frame = document.createElement("iframe");
  frame.className = "artifact";
  frame.title = title;
  frame.setAttribute("sandbox", "allow-scripts");
  frame.referrerPolicy = "no-referrer";
  frame.src = FRAME;
  frame.addEventListener("load", () => frame.contentWindow?.postMessage(artifact.source, "*"), { once: true });
  target.replaceChildren(frame);
  return () => frame.remove();
}
