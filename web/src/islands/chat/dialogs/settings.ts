import type { ColumnSettings } from "../rooms/types";

type NumericName = Exclude<keyof ColumnSettings, "system" | "effort" | "provider" | "preset">;

export interface NumericSetting {
  name: NumericName;
  title: string;
  hint: string;
  min: number;
  max: number;
  step: number;
}

/** With the ranges of the API (inference.md 2.1). */
export const NUMERIC: NumericSetting[] = [
  { name: "temperature", title: "Temperature", hint: "Lower repeats itself, higher wanders", min: 0, max: 2, step: 0.1 },
  { name: "top_p", title: "Top P", hint: "Only the likeliest tokens up to this share", min: 0, max: 1, step: 0.05 },
  { name: "top_k", title: "Top K", hint: "Only this many tokens; 0: all", min: 0, max: 500, step: 1 },
  { name: "frequency_penalty", title: "Frequency penalty", hint: "Against repeating often", min: -2, max: 2, step: 0.1 },
  { name: "presence_penalty", title: "Presence penalty", hint: "Against repeating at all", min: -2, max: 2, step: 0.1 },
  { name: "max_tokens", title: "Max tokens", hint: "Where an answer is cut off", min: 1, max: 1_000_000, step: 1 },
];

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"];

/** Sets one setting, or leaves it to the model when it is empty. */
export function withSetting<K extends keyof ColumnSettings>(
  settings: ColumnSettings,
  name: K,
  value: ColumnSettings[K] | undefined,
): ColumnSettings {
  const { [name]: _, ...rest } = settings;
  const isEmpty = value === undefined || value === "" || Number.isNaN(value);
  return isEmpty ? rest : { ...rest, [name]: value };
}
