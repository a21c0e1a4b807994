/** A model as `/chat/models.json` offers it. */
export interface Offered {
  id: string;
  name: string;
  author: string;
  letters: string;
  tint: number;
  description: string;
  context: string;
  contextLength: number | null;
  maxOutput: number | null;
  /** As the site writes prices. */
  inputPrice: string;
  outputPrice: string;
  inputNanousdPerMillion: number | null;
  outputNanousdPerMillion: number | null;
  takes: string[];
  gives: string[];
  parameters: string[];
  efforts: string[];
  /** Why it cannot be used; null: it can. */
  unavailable: string | null;
}

export interface Offer {
  models: Offered[];
  /** What a new room begins with; null when nothing can be used. */
  default: string | null;
}
