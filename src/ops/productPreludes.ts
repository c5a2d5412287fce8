// What kernels of products share: how they read and store, and where a compiled function joins in.

import { EPILOGUE, type Epilogue } from "../gpu/joints.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { storeEach } from "../shaders/storeEach.ts";
import { storeFours } from "../shaders/storeFours.ts";
import { SIGMOID, TANH } from "./wgslFunctions.ts";

/** Activations that a product can apply to its result. */
export type MatmulActivation = "relu" | "tanh" | "sigmoid";
export type Activation = MatmulActivation | "none";

/** `fn activate` by name. */
export const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  none: "fn activate(v: vec4<f32>) -> vec4<f32> { return v; }",
  relu: "fn activate(v: vec4<f32>) -> vec4<f32> { return select(v, vec4<f32>(), v < vec4<f32>()); }",
  tanh: `alias A = vec4<f32>;\n${TANH}\nfn activate(v: A) -> A { return tanhStable(v); }`,
  sigmoid: `alias A = vec4<f32>;\n${SIGMOID}\nfn activate(v: A) -> A { return sigmoidStable(v); }`,
};

/** Numbers that a kernel stores together: four where the rows of its result come in fours. */
export type Lanes = 1 | 4;

/** `alias Lanes`, `alias Stored` and `fn epilogue`, for results of type `scalar` in memory. */
export function lanesPrelude(lanes: Lanes, scalar: string): string {
  const wide = (type: string): string => (lanes === 4 ? `vec4<${type}>` : type);
  return `alias Lanes = ${wide("f32")};\nalias Stored = ${wide(scalar)};\n${EPILOGUE}`;
}

/** The same with `fn storeFour`, for kernels that hold four neighbours of a row. */
export function storePrelude(lanes: Lanes, scalar: string): string {
  return `${lanesPrelude(lanes, scalar)}\n${lanes === 4 ? storeFours : storeEach}`;
}

/** The option of a kernel whose f32 results are final: `output` is the index of their binding. */
export function epilogueOf(
  lanes: Lanes,
  output: number,
  isOpen: boolean,
): { readonly epilogue?: Epilogue } {
  return isOpen ? { epilogue: { lanes, output } } : {};
}

/** A shader with a further result, which its prelude declares at the index that is free. */
export function withResult(shader: ShaderSource): ShaderSource {
  return { ...shader, bindings: [...shader.bindings, { access: "read_write" }] };
}

/**
 * `fn storeSums`, for four neighbours of the sums over what a product multiplies.
 *
 * @param binding  the index of their own buffer; undefined where they lie behind the parts of a result.
 */
export function sumsPrelude(hasSums: boolean, binding: number | undefined, lanes: Lanes): string {
  const apart =
    lanes === 4
      ? "sums[col / 4u] = Stored(v);"
      : "for (var i = 0u; i < min(count, 4u); i++) { sums[col + i] = Stored(v[i]); }";
  const store = binding === undefined ? "storeFour(behind + col, v, count);" : apart;
  const declaration =
    hasSums && binding !== undefined
      ? `@group(0) @binding(${binding}) var<storage, read_write> sums: array<Stored>;\n`
      : "";
  const body = hasSums ? store : "";
  return `${declaration}const SUMS = ${hasSums};
fn storeSums(behind: u32, col: u32, v: vec4<f32>, count: u32) { ${body} }`;
}

/**
 * How a kernel reads an f32 binding: `alias StoredX`, `fn xOne` and `fn xFour`, for a binding x that
 * is an array of vectors or of numbers. Vectors are read at multiples of four.
 */
export function readPrelude(binding: string, isVector: boolean): string {
  const name = `${binding[0]?.toUpperCase()}${binding.slice(1)}`;
  const four = [0, 1, 2, 3].map((i) => `${binding}[at${i === 0 ? "" : ` + ${i}u`}]`).join(", ");
  const [one, all] = isVector
    ? [`${binding}[at / 4u][at % 4u]`, `${binding}[at / 4u]`]
    : [`${binding}[at]`, `vec4<f32>(${four})`];
  return `alias Stored${name} = ${isVector ? "vec4<f32>" : "f32"};
fn ${binding}One(at: u32) -> f32 { return ${one}; }
fn ${binding}Four(at: u32) -> vec4<f32> { return ${all}; }`;
}
