// What the build step knows about one .wgsl file, so that no TypeScript repeats it.

/** A storage binding of group 0. */
export interface ShaderBinding {
  readonly name: string;
  readonly access: "read" | "read_write";
}

/** A member of `struct Params`, the uniform block of group 1. `count` is in 4-byte words. */
export interface ShaderParam {
  readonly name: string;
  readonly type: "f32" | "i32" | "u32";
  readonly offset: number;
  readonly count: number;
}

/** A shader file with its reflection. */
export interface ShaderSource {
  readonly name: string;
  readonly code: string;
  readonly bindings: readonly ShaderBinding[];
  readonly params: readonly ShaderParam[];
  /** Bytes of the uniform block, 0 when there is none. */
  readonly paramsSize: number;
  readonly entryPoints: readonly string[];
}
