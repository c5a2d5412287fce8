// Runs a backend test of ONNX, node by node, and says how it went.

import { type Tensor, init } from "../../src/index.ts";
import { Call } from "./call.ts";
import type { NamedTensor, OnnxTest, TestResult } from "./case.ts";
import { OPS, reasonFor } from "./ops.ts";
import { NotMapped, Value, dtypeOf, notMapped } from "./value.ts";

/** The tolerance that ONNX's own runner uses by default. */
const TOLERANCE = { relative: 1e-3, absolute: 1e-7 };
const CLOSE = 1e-5;

/** The values that the graph returns. */
async function run(test: OnnxTest): Promise<(Value | undefined)[]> {
  const values = new Map<string, Value>();
  const unknown = test.nodes.find(({ domain, op }) => domain !== "" || !Object.hasOwn(OPS, op));
  if (unknown !== undefined) return notMapped(reasonFor(unknown));
  for (const { type } of test.outputs) dtypeOf(type);
  for (const given of [...test.inputs, ...test.constants]) {
    // A name without a type is an input that the test leaves out.
    if (given.type !== "undefined") values.set(given.name, new Value(given));
  }
  for (const node of test.nodes) {
    const call = new Call(
      node,
      node.inputs.map((name) => values.get(name)),
    );
    const result = await OPS[node.op]?.(call);
    [result].flat().forEach((tensor, i) => {
      const name = node.outputs[i];
      if (tensor !== undefined && name) values.set(name, new Value(tensor as Tensor));
    });
  }
  return test.outputs.map(({ name }) => values.get(name));
}

interface Difference {
  readonly text: string | undefined;
  readonly isClose: boolean;
}

/** Floats are compared as ONNX does; integers and booleans must be equal. */
async function compare(got: Value | undefined, want: NamedTensor): Promise<Difference> {
  const differs = (text: string): Difference => ({ text: `${want.name} ${text}`, isClose: false });
  const wanted = await new Value(want).numbers();
  if (got === undefined) return differs("is missing");
  const { shape, dtype } = got.tensor;
  if (shape.join() !== want.shape.join()) {
    return differs(`has the shape [${shape}], wanted [${want.shape}]`);
  }
  if ((dtype === "f32") !== (dtypeOf(want.type) === "f32")) {
    return differs(`has the dtype ${dtype}, wanted ${want.type}`);
  }
  const { relative, absolute } = dtype === "f32" ? TOLERANCE : { relative: 0, absolute: 0 };
  let isClose = true;
  const values = await got.numbers();
  for (const [i, b] of wanted.entries()) {
    const a = values[i] as number;
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const error = Math.abs(a - b);
    if (!(error <= absolute + relative * Math.abs(b)))
      return differs(`[${i}] is ${a}, wanted ${b}`);
    isClose &&= error <= absolute + CLOSE * Math.abs(b);
  }
  return { text: undefined, isClose };
}

/** Runs a test given as JSON text. */
export async function runTest(json: string): Promise<TestResult> {
  const test = JSON.parse(json) as OnnxTest;
  const names = [...new Set(test.nodes.map(({ op }) => op))];
  const op = names.length === 1 ? (names[0] as string) : `${names.length} ops`;
  const done = (status: TestResult["status"], message = "", isClose = false): TestResult => {
    return { id: test.id, op, status, message, isClose };
  };
  try {
    await init();
    const got = await run(test);
    const differences = await Promise.all(test.outputs.map((want, i) => compare(got[i], want)));
    const problem = differences.find(({ text }) => text !== undefined)?.text;
    if (problem !== undefined) return done("failed", problem);
    return done(
      "passed",
      "",
      differences.every(({ isClose }) => isClose),
    );
  } catch (error) {
    const { message } = error as Error;
    return done(error instanceof NotMapped ? "not mapped" : "failed", message);
  }
}
