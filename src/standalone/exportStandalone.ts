// From a module and an example to a program of its forward pass that needs no library.

import { mapTensors, tensorsIn } from "../compile/structure.ts";
import { rehearse } from "../compile/tracing.ts";
import { DtypeError, UsageError } from "../errors.ts";
import type { AdapterClass } from "../gpu/adapter.ts";
import { device } from "../gpu/device.ts";
import { type TraceOptions, batchAxesOf, namesOf } from "../graph/traceGraph.ts";
import { zeros } from "../ops/creation.ts";
import { standaloneRuntime } from "../shaders/standaloneRuntime.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Forward, capturePass } from "./capturePass.ts";
import { ProgramWriter } from "./writeProgram.ts";

/** What an export is told beside the function. */
export interface StandaloneOptions extends Pick<
  TraceOptions,
  "inputNames" | "outputNames" | "batchAxes"
> {
  /**
   * Batches that the module knows, each with a plan of its own; kernels and weights are shared.
   * Default: that of the example.
   */
  readonly batchSizes?: readonly number[];
  /**
   * Whether the kernels are those for GPUs (default: what readers of a page have) or those for
   * software adapters. Both run on either; the others are slower there.
   */
  readonly adapterClass?: AdapterClass;
}

/** A forward pass for itself. */
export interface StandaloneExport {
  /** The text of an ES module that imports nothing and exports `load`. */
  readonly module: string;
  /** What `load` is given: constants as they lie on the GPU, each at a multiple of 256 bytes. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

const USE = `// A forward pass on WebGPU, in one file without imports.
//   const model = await load(fetch("weights.bin"));     // bytes, a Response or a URL; { device, adapter }
//   const { NAME } = await model.run({ GIVEN });         // typed arrays; NAME is { data, shape, dtype }
//   model.dispose();
`;

/**
 * The forward pass of a module, or of any function of tensors, as a JavaScript module that needs no
 * library, and a file of weights. The module holds the kernels, the order of their dispatches and the
 * plan of their memory for the example's shapes; what depends on weights alone is computed now.
 *
 *     const { module, weights } = await exportStandalone(model, zeros([1, 28, 28]));
 *
 * The weights are a flat file, the image of one GPU buffer: it goes there in one piece, unparsed.
 *
 * @param fn       what is exported, in evaluation mode: give what it is called with in an array, such as
 *                 `[x, { isTraining: false }]`.
 * @param example  a tensor, or the arguments of a call. Values do not matter, shapes and dtypes do.
 * @throws {UsageError} if the function draws random numbers, changes variables or reads values back.
 * @throws {DtypeError} if an input or output is f16.
 */
export async function exportStandalone(
  fn: (...args: never[]) => unknown,
  example: unknown,
  options: StandaloneOptions = {},
): Promise<StandaloneExport> {
  const args: readonly unknown[] = Array.isArray(example) ? example : [example];
  const operands = tensorsIn(args);
  if (operands.length === 0) {
    throw new UsageError("exportStandalone", "there must be a tensor in the example");
  }
  const forward = fn as Forward;
  const owner = device();
  // Makes the variables.
  if (!rehearse(forward, args)) scope(() => void forward(...args));
  const writer = new ProgramWriter();
  const axes = batchAxesOf(operands, options.batchAxes);
  let names = { inputs: [] as readonly string[], outputs: [] as readonly string[] };
  for (const size of options.batchSizes ?? [undefined]) {
    const given = size === undefined ? args : resized(args, axes, size);
    const pass = await capturePass(forward, given, owner, options.adapterClass ?? "gpu");
    names = {
      inputs: options.inputNames ?? namesOf("input", args),
      outputs: options.outputNames ?? namesOf("output", pass.result),
    };
    requireNames("inputNames", names.inputs, pass.inputs);
    requireNames("outputNames", names.outputs, pass.outputs);
    writer.add(pass, names);
    if (size !== undefined) for (const tensor of tensorsIn(given)) tensor.dispose();
  }
  const use = USE.replaceAll("NAME", names.outputs.join(", ")).replace(
    "GIVEN",
    names.inputs.join(", "),
  );
  const program = `const PROGRAM=${JSON.stringify(writer.program)};\n`;
  return { module: `${use}${program}${standaloneRuntime}`, weights: writer.weights };
}

/** The arguments with batches of another size. */
function resized(
  args: readonly unknown[],
  axes: readonly (number | null)[],
  size: number,
): readonly unknown[] {
  let next = 0;
  return mapTensors([...args], ({ shape, dtype }) => {
    const axis = axes[next++];
    return zeros(
      shape.map((length, i) => (i === axis ? size : length)),
      dtype,
    );
  });
}

function requireNames(
  option: string,
  names: readonly string[],
  tensors: readonly Pick<Tensor, "dtype">[],
): void {
  if (names.length !== tensors.length || new Set(names).size !== names.length) {
    throw new UsageError("exportStandalone", `${option} must name each of the tensors`, {
      got: `${names.join(", ")} for ${tensors.length}`,
    });
  }
  const half = tensors.findIndex(({ dtype }) => dtype === "f16");
  if (half < 0) return;
  throw new DtypeError("exportStandalone", "inputs and outputs must not be f16", {
    got: `f16 for ${names[half]}`,
    remedy: 'Cast within the function: x.cast("f16"), y.cast("f32").',
  });
}
