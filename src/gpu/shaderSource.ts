// What the build step knows about one .wgsl file, so that no TypeScript repeats it.

/** A storage binding of group 0. */
export interface ShaderBinding {
  readonly access: "read" | "read_write";
}

/** A member of `struct Params`, the uniform block. `offset` is in bytes. */
export interface ShaderParam {
  readonly type: "f32" | "i32" | "u32";
  readonly offset: number;
}

/** A shader file with its reflection. */
export interface ShaderSource {
  readonly name: string;
  readonly code: string;
  readonly bindings: readonly ShaderBinding[];
  readonly params: readonly ShaderParam[];
  readonly entryPoints: readonly string[];
}

/**
 * A shader from the words that tools/shaders.mjs writes.
 *
 * @param names     the shader's, then those of its entry points.
 * @param bindings  the access to each.
 * @param params    `type@offset` of each.
 */
export function shaderSource(
  names: string,
  bindings: string,
  params: string,
  code: string,
): ShaderSource {
  const [name = "", ...entryPoints] = names.split(" ");
  return {
    name,
    code,
    entryPoints,
    bindings: bindings.split(" ").map((access) => ({ access }) as ShaderBinding),
    params: params
      .split(" ")
      .filter((word) => word !== "")
      .map((word) => {
        const [type, offset] = word.split("@") as [ShaderParam["type"], string];
        return { type, offset: Number(offset) };
      }),
  };
}
