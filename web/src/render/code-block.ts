// Code with its language, Copy, and Run for what can be an artifact (site.md CHAT-17, CHAT-18).

import { highlight } from "./highlight";

export interface Artifact {
  language: "html" | "svg";
  source: string;
}

/** A block that can grow while it is streamed. */
export class CodeBlock {
  readonly element = document.createElement("div");
  private readonly code = document.createElement("code");
  private readonly copy = button("Copy");
  private text = document.createTextNode("");
  private run: HTMLButtonElement | undefined;

  constructor(
    readonly language: string,
    private readonly onArtifact: ((artifact: Artifact) => void) | undefined,
  ) {
    this.element.className = "code-block";
    const name = document.createElement("span");
    name.textContent = language === "" ? "Text" : language;
    const head = document.createElement("div");
    head.className = "code-block-head";
    head.append(name, this.copy);
    const frame = document.createElement("pre");
    frame.tabIndex = 0;
    frame.append(this.code);
    this.code.append(this.text);
    this.element.append(head, frame);
  }

  /** Shows `source`; what is already there is not touched when it only grew. */
  show(source: string): void {
    if (source.startsWith(this.text.data)) this.text.appendData(source.slice(this.text.data.length));
    else this.text.data = source;
  }

  /** Nothing will be added: it can be copied, coloured and run. */
  finish(): void {
    const source = this.text.data;
    this.copy.dataset["copy"] = source;
    const artifact = artifactOf(this.language, source);
    if (artifact !== null && this.onArtifact !== undefined && this.run === undefined) {
      const { onArtifact } = this;
      this.run = button("Run");
      this.run.addEventListener("click", () => onArtifact(artifact));
      this.copy.before(this.run);
    }
    void highlight(this.code, this.language);
  }
}

/** The language that a fence names: one short word, or nothing. */
export function languageOf(info: string): string {
  return /^[\w+#.-]{1,30}/.exec(info.trim())?.[0].toLowerCase() ?? "";
}

function artifactOf(language: string, source: string): Artifact | null {
  if (language === "html" || language === "svg") return { language, source };
  return language === "xml" && source.trimStart().startsWith("<svg") ? { language: "svg", source } : null;
}

function button(label: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-small";
  made.textContent = label;
  return made;
}
