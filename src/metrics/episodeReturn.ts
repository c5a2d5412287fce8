// Returns and lengths of episodes in environments that run side by side.

import { ShapeError, shapeText } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { add, maximum, notEqual } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { full, zeros } from "../ops/creation.ts";
import { max } from "../ops/reduce.ts";
import { roundingError } from "../ops/roundingError.ts";
import { slice, stack } from "../ops/slice.ts";
import { sum } from "../ops/sum.ts";
import { untaped } from "../ops/tape.ts";
import { MAX_FLOAT, neg } from "../ops/unary.ts";
import { where } from "../ops/where.ts";
import { scope } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";
import { CompensatedSum } from "./compensatedSum.ts";
import { Counts } from "./counts.ts";
import type { Metric, MetricOptions } from "./metric.ts";

/** What `EpisodeReturn.details` gives; NaN without a finished episode. */
export interface EpisodeDetails {
  /** Finished ones. */
  readonly episodes: number;
  /** Of returns. */
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Of lengths, in steps. */
  readonly meanLength: number;
  readonly minimumLength: number;
  readonly maximumLength: number;
}

/** Episodes under way, one per environment. */
interface Running {
  readonly total: Variable;
  /** What rounding left out of the total. */
  readonly error: Variable;
  readonly length: Variable;
}

/**
 * Mean return, the undiscounted sum of rewards, of the episodes that have ended.
 *
 *     for (…) {
 *       const { rewards, dones } = step(actions);       // [environments] each
 *       episodes.update(rewards, dones);
 *     }
 *
 * @see Sutton & Barto 2018, Reinforcement Learning, §3.3.
 */
export class EpisodeReturn implements Metric<[Tensor, Tensor]> {
  readonly name: string;
  #running: Running | undefined;
  readonly #sum: CompensatedSum = new CompensatedSum();
  /** Episodes, and steps in them. */
  readonly #counts: Counts = new Counts([2]);
  /** The largest return, and minus the smallest. */
  readonly #returns: Variable;
  /** The largest length, and minus the smallest. */
  readonly #lengths: Variable;

  constructor(options: MetricOptions = {}) {
    this.name = options.name ?? "episodeReturn";
    this.#returns = variable(() => full([2], -MAX_FLOAT));
    this.#lengths = variable(() => full([2], NO_LENGTH, "i32"));
  }

  /** Forgets everything; the environments must begin new episodes too. */
  reset(): void {
    this.clearFinished();
    scope(() => {
      for (const one of Object.values(this.#running ?? {}) as Variable[]) {
        assign(one, zeros(one.shape, one.dtype));
      }
    });
  }

  /** Forgets the episodes that have ended; those under way go on, as between two entries of a log. */
  clearFinished(): void {
    this.#sum.reset();
    this.#counts.reset();
    scope(() => {
      assign(this.#returns, full([2], -MAX_FLOAT));
      assign(this.#lengths, full([2], NO_LENGTH, "i32"));
    });
  }

  /**
   * @param rewards  `[environments]` of a step, or `[steps, environments]`.
   * @param dones    the same, bool or number: whether the episode ended with that reward, for whatever
   *                 reason.
   * @throws {ShapeError} unless they have the same shape, with as many environments as before.
   */
  update(rewards: Tensor, dones: Tensor): void {
    const environments = requireSteps(rewards, dones, this.#running?.total.shape[0]);
    this.#running ??= {
      total: variable(() => zeros([environments])),
      error: variable(() => zeros([environments])),
      length: variable(() => zeros([environments], "i32")),
    };
    const running = this.#running;
    untaped(() =>
      scope(() => {
        const gains = cast(rewards, "f32");
        const ends = dones.dtype === "bool" ? dones : notEqual(dones, 0);
        if (rewards.rank === 1) return this.#step(running, gains, ends);
        for (let t = 0; t < (rewards.shape[0] as number); t++) {
          this.#step(running, slice(gains, [t]), slice(ends, [t]));
        }
      }),
    );
  }

  async result(): Promise<number> {
    return (await this.details()).mean;
  }

  async details(): Promise<EpisodeDetails> {
    const [[total], counts, returns, lengths] = await Promise.all([
      ...([this.#sum.read(), this.#counts.read(), this.#returns.data()] as const),
      this.#lengths.data(),
    ]);
    const [episodes, steps] = counts as unknown as [number, number];
    const known = (value: number | undefined): number => (episodes === 0 ? NaN : (value as number));
    return {
      episodes,
      mean: (total as number) / episodes,
      minimum: -known(returns[1]),
      maximum: known(returns[0]),
      meanLength: steps / episodes,
      minimumLength: -known(lengths[1]),
      maximumLength: known(lengths[0]),
    };
  }

  #step({ total, error, length }: Running, gains: Tensor, ends: Tensor): void {
    const rounded = add(total, gains);
    const left = add(error, roundingError(total, gains));
    const sums = add(rounded, left);
    const steps = add(length, 1);
    this.#sum.add(sum(where(ends, sums, 0)));
    this.#counts.add(stack([sum(cast(ends, "i32")), sum(where(ends, steps, 0))]));
    raise(this.#returns, ends, [sums, neg(sums)], -MAX_FLOAT);
    raise(this.#lengths, ends, [steps, neg(steps)], NO_LENGTH);
    assign(error, where(ends, 0, roundingError(rounded, left)));
    assign(total, where(ends, 0, sums));
    assign(length, where(ends, 0, steps));
  }
}

/** Below minus any length. */
const NO_LENGTH = -(2 ** 31) + 1;

function variable(value: () => Tensor): Variable {
  return new Variable(scope(value), { trainable: false });
}

/** Largest values so far, with those of the episodes that end. */
function raise(largest: Variable, ends: Tensor, values: readonly Tensor[], lowest: number): void {
  const found = stack(values.map((value) => max(where(ends, value, lowest))));
  assign(largest, maximum(largest, found));
}

/** @returns the number of environments. */
function requireSteps(rewards: Tensor, dones: Tensor, before: number | undefined): number {
  const environments = rewards.shape.at(-1);
  const fits =
    (rewards.rank === 1 || rewards.rank === 2) &&
    sameShape(rewards.shape, dones.shape) &&
    (before === undefined || before === environments);
  if (fits && environments !== undefined && environments > 0) return environments;
  throw new ShapeError(
    "EpisodeReturn",
    "rewards and dones must be [environments] or [steps, environments]",
    {
      got: `${shapeText(rewards.shape)} and ${shapeText(dones.shape)}${before === undefined ? "" : ` for ${before} environments`}`,
      remedy: "The number of environments stays the same.",
    },
  );
}
