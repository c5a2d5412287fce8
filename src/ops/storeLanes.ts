// What kernels of products share: how they store, and where a compiled function may join in.

import { EPILOGUE, type Epilogue } from "../gpu/joints.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { storeEach } from "../shaders/storeEach.ts";
import { storeFours } from "../shaders/storeFours.ts";

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

/** The declaration of the binding `sums` and a statement that stores four neighbours in it. */
export function sumsPrelude(lanes: Lanes, binding: number): { declaration: string; store: string } {
  const declaration = `@group(0) @binding(${binding}) var<storage, read_write> sums: array<Stored>;`;
  const store =
    lanes === 4
      ? "sums[col / 4u] = Stored(v);"
      : "for (var i = 0u; i < min(count, 4u); i++) { sums[col + i] = Stored(v[i]); }";
  return { declaration, store };
}
