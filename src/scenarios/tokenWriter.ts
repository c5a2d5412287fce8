// Tokens drawn on the GPU, each the next input of the model.

import { type Compiled, compile } from "../compile/compile.ts";
import { device } from "../gpu/device.ts";
import type { IncrementalModel } from "../nn/incrementalModel.ts";
import { leavesOf } from "../nn/tree.ts";
import { add } from "../ops/binary.ts";
import { tensor } from "../ops/creation.ts";
import { Generator } from "../ops/random.ts";
import { slice } from "../ops/slice.ts";
import { untaped } from "../ops/tape.ts";
import { reshape } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type SamplingOptions, sampleTokens } from "./sampling.ts";

/** How tokens are written. */
export interface TokenWriterOptions extends SamplingOptions {
  readonly seed: number;
  /** Positions that the model sees at once. */
  readonly window: number;
  /** Of these, with how many a new window begins when one is full. */
  readonly keep: number;
  /** Tokens of the longest sequence. */
  readonly length: number;
  readonly isCompiled: boolean;
}

/** The last token, `[1, 1]`, the state after all before it, and its position. */
interface Place {
  readonly code: Tensor;
  readonly state: unknown;
  readonly position: Tensor;
}

type Step = (code: Tensor, state: unknown, position: Tensor) => Place;

/** Draws tokens from a model. Nothing waits for the GPU. */
export class TokenWriter {
  readonly #model: IncrementalModel;
  readonly #options: TokenWriterOptions;
  readonly #generator: Generator;
  readonly #compiled: Compiled<Parameters<Step>, Place> | undefined;
  #place: Place | undefined;
  /** Positions in the state. */
  #seen = 0;

  constructor(model: IncrementalModel, options: TokenWriterOptions) {
    this.#model = model;
    this.#options = options;
    this.#generator = new Generator(options.seed);
    if (options.isCompiled) this.#compiled = compile((...place) => this.#next(...place));
  }

  /** The token drawn last, i32 `[1, 1]`. */
  get last(): Tensor {
    return (this.#place as Place).code;
  }

  /** Whether the window has no place for the last token: the next one needs `begin`. */
  get isFull(): boolean {
    return this.#seen >= this.#options.window;
  }

  /** Reads a text anew, the end of it if it is longer than the window, and draws a token. */
  async begin(text: readonly number[]): Promise<void> {
    const { window, keep, length } = this.#options;
    const codes = Int32Array.from(text.length > window ? text.slice(-keep) : text);
    const isFirst = this.#place === undefined;
    this.#take((next) => {
      const state = this.#model.initialState(1, Math.min(length, window));
      const start = tensor(Int32Array.of(0), { shape: [] });
      return next(tensor(codes, { shape: [1, codes.length] }), state, start);
    }, this.#eager);
    this.#seen = codes.length;
    const { code, state, position } = this.#place as unknown as Place;
    if (isFirst) await this.#compiled?.prepare([code, state, position]);
  }

  /** Draws the token after the last one. */
  step(): void {
    const { code, state, position } = this.#place as Place;
    this.#take((next) => next(code, state, position), this.#compiled ?? this.#eager);
    this.#seen++;
  }

  close(): void {
    for (const tensor of leavesOf(this.#place)) tensor.dispose();
    this.#compiled?.dispose();
  }

  readonly #eager: Step = (...place) => {
    const next = scope(() => this.#next(...place));
    // What runs as it is may wait for company.
    device().recorder.flush();
    return next;
  };

  #take(move: (next: Step) => Place, next: Step): void {
    const before = leavesOf(this.#place);
    this.#place = untaped(() => scope(() => move(next)));
    const kept = new Set(leavesOf(this.#place));
    for (const tensor of before) if (!kept.has(tensor)) tensor.dispose();
  }

  #next(codes: Tensor, before: unknown, position: Tensor): Place {
    const count = codes.shape[1] as number;
    const { logits, state } = this.#model.step(codes, before, position);
    const last = slice(logits, [null, count - 1]);
    const code = reshape(sampleTokens(last, this.#options, this.#generator), [1, 1]);
    return { code, state, position: add(position, count) };
  }
}
