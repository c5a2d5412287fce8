// A run's network in a format of others: values from its newest checkpoint, the rest from its code.

import { DataError, type Module, Tensor, UsageError, scope } from "../index.ts";
import {
  type Workspace,
  encodeSafetensors,
  latestCheckpoint,
  loadValues,
} from "../workspace/index.ts";

/** Names of formats. */
export const FORMATS = ["onnx", "tflite", "safetensors", "standalone"] as const;

/** A format's name. */
export type ExportFormat = (typeof FORMATS)[number];

/** What is exported, and how. */
export interface ExportRunOptions {
  /** Where the run is. */
  readonly workspace: Workspace;
  readonly format: ExportFormat;
  /** What the run calls the module. Default: "model". */
  readonly group?: string;
  /** The network as it was made for the run; for safetensors it is not needed. */
  readonly net?: Module;
  /** What it is called with, in evaluation mode. */
  readonly example?: readonly unknown[];
  /** How weights lie in the file, where the format leaves a choice. */
  readonly weights?: "f32" | "f16" | "int8";
}

/** Variables that an error names. */
const MOST_NAMED = 4;

/** Files by the end of their names. */
export type ExportedFiles = Readonly<Record<string, Uint8Array>>;

/**
 * The files of an export.
 *
 * @throws {DataError}  if the run has no whole checkpoint with such a group.
 * @throws {UsageError} if the network is not the one that was saved: it names the variables.
 */
export async function exportRun(options: ExportRunOptions): Promise<ExportedFiles> {
  const { workspace, format, group = "model", net, example = [], weights } = options;
  if (!FORMATS.includes(format)) {
    throw new UsageError("export", `the format must be ${FORMATS.join(", ")}`, {
      got: String(format),
    });
  }
  const found = await latestCheckpoint(workspace, "checkpoints/");
  if (found === null) {
    throw new DataError("export", "the run must have a checkpoint", {
      got: `none in ${workspace.description}`,
    });
  }
  const { checkpoint, path } = found;
  const names = Object.keys(checkpoint.tensors).filter((name) => name.startsWith(`${group}/`));
  if (names.length === 0) {
    const groups = new Set(Object.keys(checkpoint.tensors).map((name) => name.split("/")[0]));
    throw new DataError(path, `the checkpoint must hold the group ${group}`, {
      got: [...groups].join(", "),
    });
  }
  if (format === "safetensors") {
    const own = names.map((name) => {
      return [name.slice(group.length + 1), checkpoint.tensors[name]] as const;
    });
    const tensors = Object.fromEntries(own) as typeof checkpoint.tensors;
    return { safetensors: encodeSafetensors({ tensors, metadata: { run: path } }) };
  }
  if (net === undefined || !example.some((one) => one instanceof Tensor)) {
    throw new UsageError("export", `${format} needs the network and an example of its inputs`);
  }
  scope(() => void (net as unknown as (...args: readonly unknown[]) => unknown)(...example));
  const { missing, unlike } = loadValues(net.variables, checkpoint, { group });
  const wrong = [...missing.map((n) => `no ${n}`), ...unlike.map((n) => `${n} of another shape`)];
  if (wrong.length > 0) {
    const more = wrong.length > MOST_NAMED ? `, and ${wrong.length - MOST_NAMED} more` : "";
    throw new UsageError("export", "the network must be the one that was saved", {
      got: wrong.slice(0, MOST_NAMED).join(", ") + more,
    });
  }
  return written(format, net as unknown as (...args: never[]) => unknown, example, weights);
}

/** A network's file, or two. */
async function written(
  format: Exclude<ExportFormat, "safetensors">,
  forward: (...args: never[]) => unknown,
  example: readonly unknown[],
  weights: ExportRunOptions["weights"],
): Promise<ExportedFiles> {
  const options = weights === undefined ? {} : { weights };
  if (format === "onnx") {
    const { exportOnnx } = await import("../onnx/index.ts");
    return { onnx: await exportOnnx(forward, example, options) };
  }
  if (format === "tflite") {
    const { exportTflite } = await import("../tflite/index.ts");
    return { tflite: await exportTflite(forward, example, options) };
  }
  if (weights !== undefined && weights !== "f32") {
    throw new UsageError("export", "standalone modules have their weights as f32", {
      got: weights,
    });
  }
  const { exportStandalone } = await import("../standalone/index.ts");
  const made = await exportStandalone(forward, example);
  return { mjs: new TextEncoder().encode(made.module), bin: made.weights };
}
