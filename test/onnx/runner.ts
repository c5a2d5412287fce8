// Runs a backend test of ONNX through the importer, and says how it went.

import { DataError, RengaError, type Tensor, UsageError, init } from "../../src/index.ts";
import {
  type OnnxDType,
  OnnxModule,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValueInfo,
  decodeModel,
} from "../../src/onnx/index.ts";
import { decodeTensor } from "../../src/onnx/decodeTensor.ts";
import { hostElements } from "../../src/onnx/hostElements.ts";
import { tensorOf as gpuTensorOf, hostValueOf } from "../../src/onnx/ops/value.ts";
import type { OnnxTest, TestResult } from "./case.ts";

/** The tolerance that ONNX's own runner uses by default. */
const TOLERANCE = { relative: 1e-3, absolute: 1e-7 };

/** Results that a file holds in fewer bits are nearest numbers of those. */
const COARSE: Readonly<Partial<Record<OnnxDType, number>>> = { bf16: 2 ** -7, f16: 2 ** -9 };

const CLOSE = 1e-5;

const FLOATS = new Set(["f32", "f64", "f16", "bf16"]);

interface Difference {
  readonly text: string | undefined;
  readonly isClose: boolean;
}

/** Floats are compared as ONNX does; integers and booleans must be equal. */
async function compare(got: Tensor, name: string, want: OnnxTensor): Promise<Difference> {
  const differs = (text: string): Difference => ({ text: `${name} ${text}`, isClose: false });
  const { shape, dtype } = got;
  if (shape.join() !== want.dims.join()) {
    return differs(`has the shape [${shape}], wanted [${want.dims}]`);
  }
  if ((dtype === "f32") !== FLOATS.has(want.dtype)) {
    return differs(`has the dtype ${dtype}, wanted ${want.dtype}`);
  }
  const { absolute, ...usual } = dtype === "f32" ? TOLERANCE : { relative: 0, absolute: 0 };
  const relative = COARSE[want.dtype] ?? usual.relative;
  let isClose = true;
  const values = await got.data();
  for (const [i, b] of hostElements(name, want).entries()) {
    const a = values[i] as number;
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const error = Math.abs(a - b);
    if (!(error <= absolute + relative * Math.abs(b)))
      return differs(`[${i}] is ${a}, wanted ${b}`);
    isClose &&= error <= absolute + CLOSE * Math.abs(b);
  }
  return { text: undefined, isClose };
}

/** Whether a result needs the exponents of 64-bit floats. */
const isBeyond = (want: OnnxTensor): boolean =>
  want.dtype === "f64" &&
  hostElements("test", want).some((x) => Number.isFinite(x) && !Number.isFinite(Math.fround(x)));

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

const tensorOf = (text: string): OnnxTensor => decodeTensor("test", bytesOf(text)).tensor;

const DECIDED = "shapes that results decide";

/** Why a test asks for more than the importer has; undefined for an error of another kind. */
function unsupported(error: unknown): string | undefined {
  if (error instanceof DataError) return `${error.rule}: ${error.details.got ?? ""}`.split(":")[0];
  if (!(error instanceof UsageError)) return undefined;
  if (error.rule.includes("must be known before the GPU runs")) return DECIDED;
  if (error.details.isUnsupported !== true) return undefined;
  return (error.details.reason as string | undefined) ?? error.details.got;
}

/** `[0, 1)` in equal steps, in the shape that a model says. */
function ramp({ dims }: OnnxValueInfo): OnnxTensor {
  const lengths = dims.map((length) => (typeof length === "number" ? length : 1));
  const count = lengths.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: count }, (_, i) => i / count);
  return { dtype: "f32", dims: lengths, bytes: new Uint8Array(data.buffer) };
}

function inputsOf(module: OnnxModule, { graph }: OnnxModel, files: OnnxTest["inputs"]) {
  if (files === "ramp") {
    const free = graph.inputs.filter(({ name }) => module.inputNames.includes(name));
    return free.map((info) => [info.name, ramp(info)] as const);
  }
  return files.flatMap((file, i) =>
    file === null ? [] : [[module.inputNames[i] ?? `input ${i}`, tensorOf(file)] as const],
  );
}

/** With tensors on the GPU; with numbers on the host where those decide shapes. */
function run(module: OnnxModule, given: readonly (readonly [string, OnnxTensor])[]) {
  const onGpu = given.map(([name, file]) => [name, gpuTensorOf(hostValueOf(file))] as const);
  try {
    return module.run(Object.fromEntries(onGpu));
  } catch (error) {
    if (unsupported(error) !== DECIDED) throw error;
    return module.run(Object.fromEntries(given));
  }
}

/** Runs a test given as JSON text. */
export async function runTest(json: string): Promise<TestResult> {
  const { id, suite, ...files } = JSON.parse(json) as OnnxTest;
  let op = "?";
  const done = (status: TestResult["status"], message = "", isClose = false): TestResult => {
    return { id, suite, op, status, message, isClose };
  };
  try {
    await init();
    const model = decodeModel(id, bytesOf(files.model));
    const names = [...new Set(model.graph.nodes.map((node) => node.op))];
    op = names.length === 1 ? (names[0] as string) : `${names.length} ops`;
    const module = new OnnxModule(model);
    const given = inputsOf(module, model, files.inputs);
    const outputs = run(module, given);
    const differences = await Promise.all(
      module.outputNames.map((name, i) =>
        compare(outputs[name] as Tensor, name, tensorOf(files.outputs[i] ?? "")),
      ),
    );
    if (module.outputNames.some((_, i) => isBeyond(tensorOf(files.outputs[i] ?? "")))) {
      return done("not mapped", "numbers of 64 bits beyond those of 32");
    }
    const problem = differences.find(({ text }) => text !== undefined)?.text;
    if (problem !== undefined) return done("failed", problem);
    const isClose = differences.every((difference) => difference.isClose);
    return done("passed", "", isClose);
  } catch (error) {
    const reason = unsupported(error);
    if (reason !== undefined) return done("not mapped", reason);
    const isOurs = error instanceof RengaError;
    return done("failed", isOurs ? error.message : String((error as Error).stack));
  }
}
