// A multi-layer perceptron.

import { UsageError } from "../errors.ts";
import { relu } from "../ops/activations.ts";
import { type Generator, defaultGenerator } from "../ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Initializer } from "./initializers.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { withNameScope } from "../tensor/nameScope.ts";

/** Options of `MLP`. */
export interface MLPOptions {
  readonly wInit?: Initializer;
  readonly bInit?: Initializer;
  readonly withBias?: boolean;
  /** Default: relu. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Probability of dropping a hidden unit. Calls must then say whether they train. */
  readonly dropoutRate?: number;
  /** Whether the last layer is activated (and dropped out) too. Default false. */
  readonly activateFinal?: boolean;
  /** Of dropout. */
  readonly generator?: Generator;
  readonly name?: string;
}

/** How an MLP is called. */
export interface MLPCall {
  readonly isTraining?: boolean;
}

/** Linear layers of the given sizes with activations between them. */
export class MLP extends Module<(x: Tensor, call?: MLPCall) => Tensor> {
  static readonly defaultName: string = "mlp";
  readonly outputSizes: readonly number[];
  readonly options: MLPOptions;
  readonly layers: readonly Linear[];

  constructor(outputSizes: readonly number[], options: MLPOptions = {}) {
    super(options.name);
    const { wInit, bInit, withBias = true } = options;
    if (!withBias && bInit !== undefined) {
      throw new UsageError("MLP", "bInit needs a bias", { remedy: "Leave withBias at true." });
    }
    this.outputSizes = [...outputSizes];
    this.options = options;
    const shared = { withBias, ...(wInit && { wInit }), ...(bInit && { bInit }) };
    this.layers = withNameScope(this.nameScope, () => {
      return outputSizes.map((size, i) => new Linear(size, { ...shared, name: `linear_${i}` }));
    });
  }

  forward(x: Tensor, call: MLPCall = {}): Tensor {
    const { activation = relu, dropoutRate, activateFinal = false } = this.options;
    if ((dropoutRate !== undefined) !== (call.isTraining !== undefined)) {
      throw new UsageError("MLP", "isTraining must be given exactly when there is a dropoutRate", {
        got: `dropoutRate ${dropoutRate} and isTraining ${call.isTraining}`,
        remedy: "Call model(x, { isTraining: true }) in training and false otherwise.",
      });
    }
    const generator = this.options.generator ?? defaultGenerator;
    return this.layers.reduce((value, layer, i) => {
      let y = layer(value);
      if (i === this.layers.length - 1 && !activateFinal) return y;
      if (dropoutRate && call.isTraining) y = generator.dropout(y, dropoutRate);
      return activation(y);
    }, x);
  }

  /** An MLP of the same settings with the layer sizes in reverse, from outputs to inputs. */
  reverse(options: { readonly activateFinal?: boolean; readonly name?: string } = {}): MLP {
    const first = this.layers[0]?.w as { shape: readonly number[] } | undefined;
    if (first === undefined) {
      throw new UsageError("MLP.reverse", "the MLP must have seen an input", {
        remedy: "Call it once: then the size of its inputs is known.",
      });
    }
    const sizes = [...this.outputSizes.slice(0, -1).reverse(), first.shape[0] as number];
    const activateFinal = options.activateFinal ?? this.options.activateFinal ?? false;
    const name = options.name ?? `${this.moduleName}_reversed`;
    return new MLP(sizes, { ...this.options, activateFinal, name });
  }
}
