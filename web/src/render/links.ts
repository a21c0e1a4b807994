// Which addresses of a model's text may become links and pictures. Everything else stays text (site.md UX-11).

const LINKED = new Set(["http:", "https:", "mailto:"]);
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+$/;

/** The address if it is a whole one that leads elsewhere, else null: a path would lead into this site. */
export function safeLink(address: string): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && LINKED.has(url.protocol) && url.username === "" && url.password === "" ? url.href : null;
}

/** The address if the picture is in it; anything else would tell another host who reads this. SVG may hold scripts. */
export function safePicture(address: string): string | null {
  return PICTURE.test(address) ? address : null;
}

/** A link to elsewhere, which learns nothing of this page. */
export function foreignLink(href: string): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}
