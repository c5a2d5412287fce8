// Which of several forms of a kernel runs, where they were measured on this adapter.

import { device } from "../gpu/device.ts";
import { Storage, Tensor } from "../tensor/tensor.ts";

/** One dispatch that may run in several forms. */
export interface Tunable {
  /** Equal for dispatches that take equally long. */
  readonly key: string;
  /** What runs if nothing is known. */
  readonly usual: string;
  readonly forms: readonly string[];
  /** Dispatches it again, on memory of its own: in a scope, which frees that. */
  readonly again: () => void;
}

/** The fastest forms by adapter and key. */
const found = new Map<string, Map<string, string>>();
let observer: ((tunable: Tunable) => void) | undefined;

/** Where forms are looked up and set for an adapter. */
export function formsFound(adapter: string): Map<string, string> {
  let forms = found.get(adapter);
  if (forms === undefined) found.set(adapter, (forms = new Map()));
  return forms;
}

/** Kernels are chosen by Renga's rules again. Files stay. */
export function forgetTuning(): void {
  found.clear();
}

/** Calls `observe` with whatever `run` dispatches that may run in several forms. */
export function observeTunables(run: () => unknown, observe: (tunable: Tunable) => void): void {
  const around = observer;
  observer = observe;
  try {
    run();
  } finally {
    observer = around;
  }
}

/** A tunable dispatch as an op tells it; `repeat` prepares `again` while its operands are there. */
interface Told {
  readonly key: string;
  readonly forms: readonly string[];
  readonly repeat: () => () => void;
}

/** The form to run: the fastest found, or the usual one. `tell` is called only where somebody asks. */
export function tunedForm<Form extends string>(usual: Form, tell: () => Told): Form {
  if (observer === undefined && found.size === 0) return usual;
  const { key, forms, repeat } = tell();
  observer?.({ key, forms, usual, again: repeat() });
  const form = found.get(device().info.adapter)?.get(key);
  // A file may name forms that there are no longer.
  return form !== undefined && forms.includes(form) ? (form as Form) : usual;
}

/** Makes tensors laid out like one that is there now, of whatever numbers. */
export function alike(x: Tensor): () => Tensor;
export function alike(x: Tensor | undefined): () => Tensor | undefined;
export function alike(x: Tensor | undefined): () => Tensor | undefined {
  if (x === undefined) return () => undefined;
  const { shape, dtype, strides, offset } = x;
  const { size } = x.storage.block;
  return () => {
    const owner = device();
    const storage = new Storage(owner, owner.allocate(size));
    return new Tensor(storage, shape, dtype, strides, offset);
  };
}
