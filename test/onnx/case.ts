// A backend test of ONNX as its files say, and how it went.

/** Files as base64. */
export interface OnnxTest {
  readonly id: string;
  /** The folder that it is of. */
  readonly suite: string;
  readonly model: string;
  /**
   * In the model's order; null for one that is left out. "ramp" for inputs of rising numbers from 0 to 1,
   * which the suite's light models are given.
   */
  readonly inputs: readonly (string | null)[] | "ramp";
  readonly outputs: readonly (string | null)[];
}

export interface TestResult {
  readonly id: string;
  readonly suite: string;
  /** The op of a single node, or all of them. */
  readonly op: string;
  readonly status: "passed" | "failed" | "not mapped";
  /** What differs, or why the test is not mapped. */
  readonly message: string;
  /** Whether it holds within a relative 1e-5 too. */
  readonly isClose: boolean;
}
