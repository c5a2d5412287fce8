// The pages of the gallery.

import type { Example } from "../example.ts";

/** What one may touch, besides what every page shows. */
export type PadName = "draw" | "latent" | "pole";

/** A page. */
export interface Demo {
  readonly title: string;
  /** What one sees, in a sentence or two. */
  readonly about: string;
  readonly pad?: PadName;
  /** When the run has done what it is for. */
  readonly goal: {
    /** As the example says it, and as people do. */
    readonly name: string;
    readonly says: string;
    readonly better: "higher" | "lower";
    readonly value: number;
  };
  /** Files of the example's folder that are shown beside it, in reading order. */
  readonly folder: string;
  readonly files: readonly string[];
  /** Of the examples that have several. */
  readonly net?: string;
  readonly load: () => Promise<Example>;
}

/** Pages by name, in the order of the index. */
export const DEMOS: Readonly<Record<string, Demo>> = {
  digits: {
    title: "Digits you draw",
    about:
      "A network learns to read digits that the page draws itself. Draw one with mouse, finger or " +
      "arrow keys: the network reads it with what it knows so far.",
    pad: "draw",
    goal: { name: "accuracy", says: "accuracy", better: "higher", value: 0.95 },
    folder: "digits",
    files: ["main.ts", "net.ts", "loss.ts", "dataset.ts"],
    load: async () => (await import("../digits/gallery.ts")).digits,
  },
  "gan-points": {
    title: "Points, by a GAN",
    about:
      "A generator makes points out of noise, a discriminator tells them from those of the data, " +
      "which lie around eight places on a circle; each learns from the other.",
    goal: { name: "modes", says: "places found", better: "higher", value: 6 },
    folder: "gan",
    files: ["main.ts", "net.ts", "loss.ts", "dataset.ts"],
    net: "ring",
    load: async () => (await import("../gan/main.ts")).gan,
  },
  "gan-digits": {
    title: "Digits, by a GAN",
    about:
      "The same game with images: a generator learns to make digits that a discriminator cannot tell " +
      "from drawn ones. It has never seen any; it only hears what gave its own away.",
    goal: {
      ...{ name: "frechetDistance", says: "Fréchet distance from drawn digits" },
      ...{ better: "lower", value: 0.5 },
    },
    folder: "gan",
    files: ["main.ts", "net.ts", "loss.ts", "dataset.ts", "judge.ts"],
    net: "mnist",
    load: async () => (await import("../gan/main.ts")).gan,
  },
  vae: {
    title: "A plane of digits",
    about:
      "A variational autoencoder puts every digit at a place of a plane, and learns to draw what is " +
      "at a place. Drag the point and see one digit turn into another.",
    pad: "latent",
    goal: { name: "nats", says: "nats per image, on others", better: "lower", value: 175 },
    folder: "vae",
    files: ["main.ts", "net.ts", "loss.ts", "dataset.ts"],
    load: async () => (await import("../vae/main.ts")).vae,
  },
  characters: {
    title: "Sonnets, letter by letter",
    about:
      "A recurrent network learns which letter comes next in eight sonnets by Shakespeare. What it " +
      "writes turns from noise into letters, words and lines; in the end it knows them by heart.",
    goal: {
      ...{ name: "held out, nats per character", says: "nats per character, on unseen lines" },
      ...{ better: "lower", value: 2.5 },
    },
    folder: "characters",
    files: ["main.ts", "net.ts", "dataset.ts", "sonnets.ts"],
    load: async () => (await import("../characters/main.ts")).characters,
  },
  cartpole: {
    title: "A pole in balance",
    about:
      "Deep Q-learning, from nothing but how long the pole stayed up. Watch it play with what it has " +
      "learnt so far, and give the cart a push.",
    pad: "pole",
    goal: { name: "mean return", says: "steps in balance", better: "higher", value: 150 },
    folder: "cartpole",
    files: ["main.ts", "net.ts", "agents.ts"],
    load: async () => (await import("../cartpole/main.ts")).cartpole,
  },
  "diffusion-points": {
    title: "A spiral out of noise",
    about:
      "A diffusion model learns to take noise away from points of a spiral. Beginning with noise " +
      "alone, it then makes a spiral in twenty steps.",
    goal: {
      ...{ name: "discrepancy", says: "how far from the spiral (1: as two samples of it)" },
      ...{ better: "lower", value: 5 },
    },
    folder: "diffusion",
    files: ["main.ts", "problems.ts", "net.ts", "dataset.ts", "discrepancy.ts"],
    net: "spiral",
    load: async () => (await import("../diffusion/main.ts")).diffusion,
  },
  "diffusion-digits": {
    title: "Digits out of noise",
    about:
      "The same with digits of 14 by 14 pixels: a network learns to tell the noise in an image, and " +
      "takes it away, a little at a time, until a digit is left.",
    goal: {
      ...{ name: "discrepancy", says: "how far from drawn digits (1: as two samples of them)" },
      ...{ better: "lower", value: 20 },
    },
    folder: "diffusion",
    files: ["main.ts", "problems.ts", "net.ts", "dataset.ts", "discrepancy.ts"],
    net: "digits",
    load: async () => (await import("../diffusion/main.ts")).diffusion,
  },
};
