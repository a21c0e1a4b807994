import { mount as mountComponent } from "svelte";
import { Chat } from "./chat/chat.svelte";
import ChatPage from "./chat/ChatPage.svelte";
import { begin } from "./chat/begin";
import { useIcons } from "./chat/ui/icons";
import type { Workspace } from "./chat/workspaces";

/** The chat (site.md 5): everything on the page is made here, from the browser's own rooms. */
export function mount(place: HTMLElement): void {
  const { account = "", formToken = "", icons = "", workspaces = "[]" } = place.dataset;
  useIcons(icons);
  const chat = new Chat(account, formToken, JSON.parse(workspaces) as Workspace[]);
  void begin(chat).then(() => {
    place.replaceChildren();
    mountComponent(ChatPage, { target: place, props: { chat } });
  });
}
