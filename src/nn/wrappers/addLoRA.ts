// Low-rank adapters for the layers in a module.

import { UsageError } from "../../errors.ts";
import { withNameScope } from "../../tensor/nameScope.ts";
import { ConvND } from "../convND.ts";
import { Linear } from "../linear.ts";
import type { Module } from "../module.ts";
import { LoRA, type LoRAOptions } from "./lora.ts";
import { SpectralNorm, WeightNorm } from "./weightNorm.ts";

/** Options of `addLoRA`. */
export interface AddLoRAOptions extends Omit<LoRAOptions, "name"> {
  /** Which layers get an adapter. Default: all linear and convolutional ones. */
  readonly only?: (layer: Linear | ConvND) => boolean;
}

/** What looks into its layer, and so needs the layer itself. */
const CLOSED = [LoRA, WeightNorm, SpectralNorm] as const;

/**
 * Puts a `LoRA` in place of each layer that a module, or one in it, has in a field or a list, and returns
 * them. What the module gives stays the same at first.
 *
 *     const adapters = addLoRA(model, { rank: 8, only: (layer) => layer !== model.head });
 *
 * Their variables are named behind their layer's: `mlp/linear_0/lora/a`.
 *
 * @param module  has seen an input, if it makes layers at its first call.
 * @throws {UsageError} if there is no such layer.
 */
export function addLoRA(module: Module, options: AddLoRAOptions): readonly LoRA[] {
  const { only = () => true, ...given } = options;
  const adapters = new Map<unknown, LoRA>();
  const adapted = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(adapted);
      return items.some((item, i) => item !== value[i]) ? items : value;
    }
    if (!(value instanceof Linear || value instanceof ConvND) || !only(value)) return value;
    const adapter =
      adapters.get(value) ?? withNameScope(value.nameScope, () => new LoRA(value, given));
    adapters.set(value, adapter);
    return adapter;
  };
  for (const owner of [module, ...module.submodules]) {
    if (CLOSED.some((one) => owner instanceof one)) continue;
    const fields = owner as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(fields)) {
      const now = adapted(value);
      if (now !== value) fields[name] = now;
    }
  }
  if (adapters.size > 0) return [...adapters.values()];
  throw new UsageError("addLoRA", "the module must have layers to adapt", {
    got: `none in ${module.moduleName}`,
    remedy: "Call it once first if it makes them then; wrap a single layer with new LoRA().",
  });
}
