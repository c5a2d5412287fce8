// Which optimizer of the library a case names, and with which options.

import {
  Adadelta,
  Adagrad,
  Adam,
  AdamW,
  Adamax,
  LAMB,
  Lion,
  Momentum,
  NAdam,
  type Optimizer,
  RAdam,
  RMSProp,
  SGD,
  type Schedule,
  cosineDecay,
  exponentialDecay,
  stepDecay,
  warmup,
} from "../../src/optimizers/index.ts";

type Attrs = Readonly<Record<string, unknown>>;

/** An optimizer whose rate a schedule can set. */
export type Scheduled = Optimizer & { learningRate: number };

/** Attributes that are not options, or are read elsewhere. */
const OTHER = new Set(["note", "notes", "steps", "problem", "convention", "schedule"]);

/** The library's name of an attribute. */
const OPTIONS: Readonly<Record<string, string>> = {
  lr: "learningRate",
  b1: "beta1",
  b2: "beta2",
  eps: "epsilon",
  momentum: "momentum",
  dampening: "dampening",
  weight_decay: "weightDecay",
  nesterov: "useNesterov",
  amsgrad: "amsgrad",
  decay: "decay",
  alpha: "decay",
  centered: "centered",
  rho: "rho",
  lr_decay: "learningRateDecay",
  initial_accumulator: "initialAccumulator",
  momentum_decay: "momentumDecay",
  clip_global_norm: "clipGlobalNorm",
  clip_norm: "clipGlobalNorm",
  clip_value: "clipValue",
};

/** Constructors by the first word of a case's name; `momentum` in the options is there if given. */
const MAKERS: Readonly<Record<string, (options: never, name: string) => Scheduled>> = {
  sgd: (options: { learningRate: number; momentum?: number }) => {
    const { momentum } = options;
    return momentum === undefined ? new SGD(options) : new Momentum({ ...options, momentum });
  },
  momentum: (options: { learningRate: number; momentum: number }) => new Momentum(options),
  nesterov: (options: { learningRate: number; momentum: number }) =>
    new Momentum({ ...options, useNesterov: true }),
  adam: (options: object, name) => {
    return new Adam({ ...(name.includes("amsgrad") ? { amsgrad: true } : {}), ...options });
  },
  adamw: (options: object) => new AdamW(options),
  adamax: (options: object) => new Adamax(options),
  nadam: (options: object) => new NAdam({ ...options, countTwice: true }),
  radam: (options: object) => new RAdam(options),
  adagrad: (options: object) => new Adagrad(options),
  adadelta: (options: object) => new Adadelta(options),
  lion: (options: object) => new Lion(options),
  lamb: (options: object) => new LAMB(options),
  rmsprop: (options: { learningRate: number }, name) => {
    const isSonnet = name.includes("sonnet") || name.includes("inside");
    return new RMSProp({ ...options, epsilonPlace: isSonnet ? "insideRoot" : "outsideRoot" });
  },
};

/** The optimizer of a case; undefined when the library does not have it. */
export function makeOptimizer(name: string, attrs: Attrs): Scheduled | undefined {
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(attrs)) {
    if (OTHER.has(key)) continue;
    const option = OPTIONS[key];
    if (option === undefined) return undefined;
    options[option] = value;
  }
  options.learningRate ??= 0.1;
  const make = MAKERS[name.split(/[_ (]/)[0] as string];
  const isSonnet = String(attrs.convention).startsWith("Sonnet");
  return make?.(options as never, isSonnet ? `${name}_sonnet` : name);
}

/** `0.1`, `.1`, `1e-3`. */
const NUMBER = "(\\d*\\.?\\d+(?:e-?\\d+)?)";

function pattern(text: string): RegExp {
  const escaped = text.replace(/[()*+^/]/g, "\\$&").replaceAll("N", NUMBER);
  return new RegExp(`^lr=${escaped}$`);
}

const half = pattern("N*0.5*(1+cos(pi*t/N))");
const mean = pattern("N*(1+cos(pi*t/N))/2");
const steps = pattern("N*N^floor(t/N)");
const powers = pattern("N*N^t");
const rise = pattern("N*min(1,(t+1)/N)");

/** The library's schedule for a case's formula; undefined when it is none of these. */
export function scheduleOf(text: string): Schedule | undefined {
  const plain = text.replaceAll(" ", "").replaceAll("**", "^");
  const numbers = (form: RegExp): number[] | undefined => form.exec(plain)?.slice(1).map(Number);
  const step = numbers(steps);
  if (step !== undefined) {
    const [initial = 0, factor = 1, every = 1] = step;
    return stepDecay({ initial, factor, every });
  }
  const cosine = numbers(half) ?? numbers(mean);
  if (cosine !== undefined) return cosineDecay({ initial: cosine[0] ?? 0, steps: cosine[1] ?? 1 });
  const power = numbers(powers);
  if (power !== undefined)
    return exponentialDecay({ initial: power[0] ?? 0, factor: power[1] ?? 1 });
  const warm = numbers(rise);
  return warm && warmup(() => warm[0] ?? 0, warm[1] ?? 1);
}
