// Where a number that is NaN or infinite came from.

import type { Batch } from "../data/dataLoader.ts";
import { cast } from "../ops/cast.ts";
import { isFinite } from "../ops/finite.ts";
import { all as allOf } from "../ops/reduce.ts";
import { untaped } from "../ops/tape.ts";
import { type Module, calls, isModule } from "../nn/module.ts";
import { leavesOf } from "../nn/tree.ts";
import { scope } from "../tensor/scope.ts";
import { isFloat } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** What is to blame, as far as it is found. */
export interface Blame {
  readonly module: string | undefined;
  readonly variables: readonly string[];
  readonly fields: readonly string[];
}

/** Whether something is finite, on its way to the host. */
interface Flag {
  readonly of: string;
  readonly isFinite: Promise<number>;
}

/** Its read begins at once: the tensor may be freed right after. */
function flagOf(of: string, x: Tensor): Flag {
  const read = scope(() => ({ value: cast(allOf(isFinite(x)), "f32").item() }));
  return { of, isFinite: read.value };
}

async function bad(flags: readonly Flag[]): Promise<string[]> {
  const values = await Promise.all(flags.map((flag) => flag.isFinite));
  return flags.flatMap(({ of }, i) => (values[i] === 0 ? [of] : []));
}

/** Flags of what modules give while `forward` runs, in the order in which they are done. */
function watchModules(forward: () => void): Flag[] {
  const flags: Flag[] = [];
  const before = calls.around;
  calls.around = (modules, call) => {
    const output = before === undefined ? call() : before(modules, call);
    const [module] = modules();
    const floats = leavesOf(output).filter((x): x is Tensor => {
      return x instanceof Tensor && isFloat(x.dtype);
    });
    if (isModule(module)) {
      const name = (module as Module).nameScope.replace(/\/$/, "");
      for (const x of floats) flags.push(flagOf(name, x));
    }
    return output;
  };
  try {
    forward();
  } finally {
    calls.around = before;
  }
  return flags;
}

/**
 * Looks for the first thing that is not finite: fields of the batch, variables, then the modules that
 * `forward` calls, inner ones before those around them.
 */
export async function findNonFinite(
  batch: Batch,
  variables: readonly Variable[],
  forward: () => void,
): Promise<Blame> {
  const fields = Object.entries(batch)
    .filter(([, { data }]) => data instanceof Float32Array && !data.every(Number.isFinite))
    .map(([name]) => name);
  const floats = variables.filter(({ dtype }) => isFloat(dtype));
  const broken = await bad(untaped(() => floats.map((v) => flagOf(v.name, v))));
  const outputs = await bad(untaped(() => watchModules(forward)));
  const owner = broken[0]?.replace(/\/[^/]*$/, "");
  return { module: owner ?? outputs[0], variables: broken, fields };
}
