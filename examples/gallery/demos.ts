// The pages of the gallery.

import type { Example } from "../example.ts";

/** What a page shows besides curves. */
export type Panel = "draw" | "image" | "points" | "text";

/** A page. */
export interface Demo {
  readonly title: string;
  /** What one sees, in a sentence or two. */
  readonly about: string;
  readonly panels: readonly Panel[];
  /** When the run has done what it is for. */
  readonly goal: {
    readonly name: string;
    readonly better: "higher" | "lower";
    readonly value: number;
  };
  /** Files of the example's folder that are shown beside it, in reading order. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly load: () => Promise<Example>;
}

/** Pages by name, in the order of the index. */
export const DEMOS: Readonly<Record<string, Demo>> = {
  digits: {
    title: "Digits you draw",
    about:
      "A convolutional network learns to read digits that the page draws itself. Draw one with mouse, " +
      "finger or arrow keys: the network reads it with what it knows so far.",
    panels: ["draw"],
    goal: { name: "accuracy", better: "higher", value: 0.95 },
    folder: "digits",
    files: ["main.ts", "net.ts", "loss.ts", "dataset.ts"],
    load: async () => (await import("../digits/gallery.ts")).digits,
  },
};
