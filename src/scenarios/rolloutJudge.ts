// What a policy and a value network say about a rollout, and the advantages that follow.

import { type Compiled, compile } from "../compile/compile.ts";
import { toHostArray, toTensors } from "../data/batchTensors.ts";
import type { HostArray } from "../data/hostArray.ts";
import { generalizedAdvantages } from "../environments/generalizedAdvantages.ts";
import { untaped } from "../ops/tape.ts";
import { reshape } from "../ops/views.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TrainableModel } from "./update.ts";
import { categorical } from "./categorical.ts";

/** What happened in N environments over T steps, `[T · N, …]` each. */
export type Rollout = Readonly<
  Record<
    "observations" | "actions" | "nextObservations" | "rewards" | "terminated" | "truncated",
    HostArray
  >
>;

/** What a rollout is learned from, `[T · N]` f32 each. */
export type Lessons = Readonly<Record<"logProbabilities" | "advantages" | "returns", HostArray>>;

/** How a `RolloutJudge` judges. */
export interface RolloutJudgeOptions {
  readonly policy: TrainableModel;
  readonly value: TrainableModel;
  readonly discount: number;
  readonly lambda: number;
  readonly isCompiled: boolean;
}

/** Log-probabilities, values and values of what came next. */
type Judgement = readonly [Tensor, Tensor, Tensor];

/** Reads what networks say, once per rollout. */
export class RolloutJudge {
  readonly #options: RolloutJudgeOptions;
  readonly #compiled: Compiled<[Tensor, Tensor, Tensor], Judgement> | undefined;

  constructor(options: RolloutJudgeOptions) {
    this.#options = options;
    if (options.isCompiled) this.#compiled = compile((...given) => this.#networks(...given));
  }

  /** @param environments  N. */
  async judge(rollout: Rollout, environments: number): Promise<Lessons> {
    const [logProbabilities, values, nextValues] = await this.#read(rollout);
    const { discount, lambda } = this.#options;
    const [rewards, terminated, truncated] = [
      rollout.rewards.data,
      rollout.terminated.data,
      rollout.truncated.data,
    ];
    const { advantages, returns } = generalizedAdvantages(
      { rewards, values: values.data, nextValues: nextValues.data, terminated, truncated },
      { environments, discount, lambda },
    );
    const column = (data: Float32Array): HostArray => {
      return { dtype: "f32", shape: [data.length], data };
    };
    return { logProbabilities, advantages: column(advantages), returns: column(returns) };
  }

  close(): void {
    this.#compiled?.dispose();
  }

  async #read(rollout: Rollout): Promise<[HostArray, HostArray, HostArray]> {
    const { observations, nextObservations, actions } = rollout;
    const judged = untaped(() =>
      scope(() => {
        const tensors = toTensors({ observations, nextObservations, actions });
        const given = Object.values(tensors) as [Tensor, Tensor, Tensor];
        return this.#compiled?.(...given) ?? this.#networks(...given);
      }),
    );
    const arrays = await Promise.all(judged.map(toHostArray));
    for (const tensor of judged) tensor.dispose();
    return arrays as [HostArray, HostArray, HostArray];
  }

  #networks(observations: Tensor, nextObservations: Tensor, actions: Tensor): Judgement {
    const { policy, value } = this.#options;
    return untaped(() => [
      categorical(policy(observations), actions).logProbabilities,
      reshape(value(observations), [-1]),
      reshape(value(nextObservations), [-1]),
    ]);
  }
}
