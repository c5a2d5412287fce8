// A module's values in the layout of another library.

import { toHostArray } from "../data/batchTensors.ts";
import type { HostArray } from "../data/hostArray.ts";
import { UsageError } from "../errors.ts";
import { type MatchOptions, type PretrainedTarget, matchingOf } from "./matching.ts";

/**
 * The values of variables as arrays by name, in the layout of their mappings: what `loadPretrained` with the
 * same options reads back.
 *
 *     const tensors = await exportPretrained(model, { mappings: pytorch(model, names) });
 *     await saveSafetensors(workspace, "model.safetensors", tensors);
 *
 * @throws {UsageError} if mappings are not of the target's variables, or two arrays get one name.
 */
export async function exportPretrained(
  target: PretrainedTarget,
  options: MatchOptions = {},
): Promise<Record<string, HostArray>> {
  const { mappings } = matchingOf("exportPretrained", target, options);
  const found = new Map<string, HostArray>();
  for (const mapping of mappings) {
    const arrays = mapping.encode(await Promise.all(mapping.variables.map(toHostArray)));
    mapping.tensors.forEach(({ name }, i) => {
      if (found.has(name)) {
        const got = `two of ${name}`;
        throw new UsageError("exportPretrained", "arrays must have names of their own", { got });
      }
      found.set(name, arrays[i] as HostArray);
    });
  }
  return Object.fromEntries(found);
}
