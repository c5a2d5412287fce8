// A backend test of ONNX as the decoder gives it, and how it went.

import type { Node } from "./call.ts";
import type { PlainTensor } from "./value.ts";

export interface NamedTensor extends PlainTensor {
  readonly name: string;
}

export interface OnnxTest {
  readonly id: string;
  /** In the order in which they can run. */
  readonly nodes: readonly Node[];
  readonly constants: readonly NamedTensor[];
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
}

export interface TestResult {
  readonly id: string;
  /** The op of a single node, or all of them. */
  readonly op: string;
  readonly status: "passed" | "failed" | "not mapped";
  /** What differs, or why the test is not mapped. */
  readonly message: string;
  /** Whether it holds within a relative 1e-5 too. */
  readonly isClose: boolean;
}
