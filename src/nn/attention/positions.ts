// Positions, added to what stands at them.

import { ShapeError, UsageError, shapeText } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { cast } from "../../ops/cast.ts";
import { tensor } from "../../ops/creation.ts";
import { gather } from "../../ops/gather.ts";
import { isFloat } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Variable } from "../../tensor/variable.ts";
import { type Initializer, TruncatedNormal } from "../initializers.ts";
import { Module } from "../module.ts";
import { positionsFrom } from "./keyValueCache.ts";

/** How positions are added. */
export interface PositionCall {
  /** Position of the first element: a number, or i32 on the GPU, not checked there. Default 0. */
  readonly offset?: number | Tensor;
  /** Positions there are in all, for sinusoidal ones from an offset on the GPU. */
  readonly length?: number;
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

  /**
   * @param x  `[…, positions, features]`, with an even number of features.
   * @throws {UsageError} if the offset is on the GPU and there is no length.
   */
  forward(x: Tensor, { offset = 0, length: all }: PositionCall = {}): Tensor {
    const [length, features] = requireSequence(this.moduleName, x);
    if (features % 2 !== 0) {
      throw new ShapeError(this.moduleName, "the number of features must be even", {
        got: shapeText(x.shape),
      });
    }
    const table = (count: number, from: number): Tensor => {
      return cast(this.#table(count, features, from), isFloat(x.dtype) ? x.dtype : "f32");
    };
    if (typeof offset === "number") return add(x, table(length, offset));
    if (all === undefined) {
      throw new UsageError(this.moduleName, "an offset on the GPU needs the length of all", {
        remedy: "Pass { offset, length }, the length of the longest sequence.",
      });
    }
    return add(x, gather(table(all, 0), positionsFrom(offset, length)));
  }

  /** Made on the host: f32 loses the phase of late positions. */
  #table(length: number, features: number, offset: number): Tensor {
    const half = features / 2;
    const table = Float32Array.from({ length: length * features }, (_, at) => {
      const [position, i] = [Math.floor(at / features) + offset, at % features];
      const angle = position / this.base ** ((i % half) / half);
      return i < half ? Math.sin(angle) : Math.cos(angle);
    });
    return tensor(table, { shape: [length, features] });
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
    const first = typeof offset === "number" ? offset : 0;
    if (first + length > this.maxLength) {
      throw new ShapeError(this.moduleName, `there are ${this.maxLength} positions`, {
        got: `${length} from ${first} on`,
        remedy: "Make it with a larger maxLength.",
      });
    }
    this.embeddings ??= new Variable(this.init([this.maxLength, features]), { name: "embeddings" });
    return typeof offset === "number"
      ? add(x, this.embeddings.slice([[offset, offset + length]]))
      : add(x, gather(this.embeddings, positionsFrom(offset, length)));
  }
}
