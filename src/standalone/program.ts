// What a standalone module has to know: its kernels, and per batch size the buffers and commands.

/** Element types that cross between a standalone module and the host. */
export type ProgramDType = "f32" | "i32" | "u32" | "bool";

/** A tensor that goes in or comes out: where it lies, and what it is. */
export type Port = readonly [
  name: string,
  dtype: ProgramDType,
  shape: readonly number[],
  place: number,
];

/** A kernel: which text, its entry point, the accesses of its storage bindings ("r", "w"), constants. */
export type ProgramKernel = readonly [
  shader: number,
  entryPoint: string,
  accesses: string,
  constants: Readonly<Record<string, number>>,
];

/** A dispatch: kernel, params, workgroups, and the place that each binding is. */
export type DispatchStep = readonly [
  kernel: number,
  params: number,
  x: number,
  y: number,
  z: number,
  ...places: number[],
];

/** A copy of bytes between places. */
export type CopyStep = readonly [
  kernel: -1,
  source: number,
  from: number,
  target: number,
  to: number,
  bytes: number,
];

/** The forward pass for one batch size. A place ≥ 0 is a buffer of its own, −1 − n is weight n. */
export interface ProgramPlan {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
  readonly steps: readonly (DispatchStep | CopyStep)[];
}

/** All that the runtime reads. */
export interface Program {
  /** WGSL, each text once. */
  readonly shaders: readonly string[];
  readonly kernels: readonly ProgramKernel[];
  /** Words of params blocks, each once. */
  readonly params: readonly (readonly number[])[];
  /** Bytes of each weight, in whole words; in the file each begins at a multiple of 256. */
  readonly weights: readonly number[];
  /** Features that a device must have. */
  readonly features: readonly string[];
  /** The least that its limits may be. */
  readonly limits: Readonly<Record<string, number>>;
  readonly plans: readonly ProgramPlan[];
}
