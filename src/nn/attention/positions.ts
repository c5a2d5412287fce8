// Positions, added to what stands at them.

import { ShapeError, shapeText } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { tensor } from "../../ops/creation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type Initializer, TruncatedNormal } from "../initializers.ts";
import { Module } from "../module.ts";

/** How positions are added. */
export interface PositionCall {
  /** Position of the first element. Default 0. */
  readonly offset?: number;
}

function requireSequence(name: string, x: Tensor): readonly [length: number, features: number] {
  if (x.rank >= 2) return [x.shape.at(-2) as number, x.shape.at(-1) as number];
  throw new ShapeError(name, "the input must be [..., positions, features]", {
    got: shapeText(x.shape),
  });
}

/**
 * x with sines and cosines of its positions added: sin(p / base^(2i / features)) in the first half of the
 * features, cosines in the second. No variables.
 *
 * @see Vaswani et al. 2017, Attention Is All You Need, §3.5 (there they alternate).
 */
export class SinusoidalPositions extends Module<(x: Tensor, call?: PositionCall) => Tensor> {
  static readonly defaultName: string = "sinusoidal_positions";
  readonly base: number;

  constructor(options: { readonly base?: number; readonly name?: string } = {}) {
    super(options.name);
    this.base = options.base ?? 10000;
  }

  /** @param x  `[…, positions, features]`, with an even number of features. */
  forward(x: Tensor, { offset = 0 }: PositionCall = {}): Tensor {
    const [length, features] = requireSequence(this.moduleName, x);
    const half = features / 2;
    if (!Number.isInteger(half)) {
      throw new ShapeError(this.moduleName, "the number of features must be even", {
        got: shapeText(x.shape),
      });
    }
    const table = Float32Array.from({ length: length * features }, (_, at) => {
      const [position, i] = [Math.floor(at / features) + offset, at % features];
      const angle = position / this.base ** ((i % half) / half);
      return i < half ? Math.sin(angle) : Math.cos(angle);
    });
    return add(x, tensor(table, { shape: [length, features] }));
  }
}

/** x with a learned vector per position added. Variable: `embeddings [maxLength, features]`. */
export class LearnedPositions extends Module<(x: Tensor, call?: PositionCall) => Tensor> {
  static readonly defaultName: string = "learned_positions";
  readonly maxLength: number;
  readonly init: Initializer;
  embeddings: Variable | undefined;

  /** @param options  `init` defaults to a truncated normal with deviation 0.02. */
  constructor(
    maxLength: number,
    options: { readonly init?: Initializer; readonly name?: string } = {},
  ) {
    super(options.name);
    this.maxLength = maxLength;
    this.init = options.init ?? TruncatedNormal(0, 0.02);
  }

  /**
   * @param x  `[…, positions, features]`.
   * @throws {ShapeError} if there are more positions than vectors.
   */
  forward(x: Tensor, { offset = 0 }: PositionCall = {}): Tensor {
    const [length, features] = requireSequence(this.moduleName, x);
    if (offset + length > this.maxLength) {
      throw new ShapeError(this.moduleName, `there are ${this.maxLength} positions`, {
        got: `${length} from ${offset} on`,
        remedy: "Make it with a larger maxLength.",
      });
    }
    this.embeddings ??= new Variable(this.init([this.maxLength, features]), { name: "embeddings" });
    return add(x, this.embeddings.slice([[offset, offset + length]]));
  }
}
