import type { Offered } from "./types";

export interface Wanted {
  text: string;
  /** Kinds of input that it must take. */
  takes: string[];
  gives: string[];
  isFree: boolean;
  hidesUnavailable: boolean;
}

export const ANYTHING: Wanted = { text: "", takes: [], gives: [], isFree: false, hidesUnavailable: false };

/** The models that are wanted: favourites first, then those used lately, then the rest as they came (CHAT-09). */
export function find(models: Offered[], wanted: Wanted, favourites: string[], recent: string[]): Offered[] {
  const words = folded(wanted.text).split(" ").filter(Boolean);
  const found = models.filter((model) => {
    const name = folded(`${model.name} ${model.id} ${model.author}`);
    return (
      words.every((word) => name.includes(word)) &&
      wanted.takes.every((kind) => model.takes.includes(kind)) &&
      wanted.gives.every((kind) => model.gives.includes(kind)) &&
      (!wanted.isFree || (model.inputNanousdPerMillion === 0 && model.outputNanousdPerMillion === 0)) &&
      (!wanted.hidesUnavailable || model.unavailable === null)
    );
  });
  return sorted(found, favourites, recent);
}

function sorted(models: Offered[], favourites: string[], recent: string[]): Offered[] {
  const place = (model: Offered): number => {
    if (favourites.includes(model.id)) return favourites.indexOf(model.id);
    if (recent.includes(model.id)) return favourites.length + recent.indexOf(model.id);
    return favourites.length + recent.length + (model.unavailable === null ? 0 : 1);
  };
  return models
    .map((model) => ({ model, at: place(model) }))
    .sort((one, other) => one.at - other.at)
    .map(({ model }) => model);
}

function folded(text: string): string {
  return text.toLowerCase().replace(/[-_/.:]+/g, " ");
}
