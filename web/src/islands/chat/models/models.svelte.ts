import { readList, writeList } from "../preferences";
import type { Offer, Offered } from "./types";

const FAVOURITES = "chat-favourites";
const RECENT = "chat-recent";
const RECENT_MAX = 8;

/** The models of the instance, and which of them this person likes. */
export class Models {
  all: Offered[] = $state.raw([]);
  default: string | null = $state(null);
  /** The list could not be had. */
  isAway = $state(false);
  favourites: string[] = $state(readList(FAVOURITES));
  recent: string[] = $state(readList(RECENT));
  readonly #byId: Map<string, Offered> = $derived(new Map(this.all.map((model) => [model.id, model])));

  /** Reads them. `wished` is what new rooms shall begin with, if it can be used; else what was used last. */
  async load(wished: string | null): Promise<void> {
    try {
      const response = await fetch("/chat/models.json");
      if (!response.ok) throw new TypeError(`models answered ${response.status}`);
      const offer = (await response.json()) as Offer;
      this.all = offer.models;
      const liked = wished === null ? this.recent : [wished, ...this.recent];
      this.default = liked.find((id) => this.get(id)?.unavailable === null) ?? offer.default;
      this.isAway = false;
    } catch {
      this.isAway = true;
    }
  }

  get(id: string): Offered | undefined {
    return this.#byId.get(id);
  }

  /** What a model is called: its name, or its slug where the instance does not know it. */
  name(id: string): string {
    return this.get(id)?.name ?? id;
  }

  use(id: string): void {
    this.recent = [id, ...this.recent.filter((each) => each !== id)].slice(0, RECENT_MAX);
    writeList(RECENT, this.recent);
  }

  toggleFavourite(id: string): void {
    const isOne = this.favourites.includes(id);
    this.favourites = isOne ? this.favourites.filter((each) => each !== id) : [...this.favourites, id];
    writeList(FAVOURITES, this.favourites);
  }
}
