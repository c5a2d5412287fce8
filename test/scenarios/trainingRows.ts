// A small run of every scenario that trains on examples.

import {
  Generator,
  type Tensor,
  concat,
  defaultGenerator,
  oneHot,
  setSeed,
  zeros,
} from "../../src/index.ts";
import { noiseFeed, withNoise } from "../../src/data/index.ts";
import {
  type AdversarialLosses,
  adversarialHinge,
  bernoulliLikelihood,
  crossEntropy,
  gradientPenalty,
  leastSquares,
  meanSquaredError,
  nonSaturating,
  wasserstein,
} from "../../src/losses/index.ts";
import {
  Embed,
  Linear,
  MLP,
  Module,
  Sequential,
  SinusoidalEmbed,
  VectorQuantizer,
  VectorQuantizerEMA,
  addLoRA,
  build,
} from "../../src/nn/index.ts";
import { Adam, ParameterAverage, cosineDecay } from "../../src/optimizers/index.ts";
import {
  AutoencoderTrain,
  ContrastiveTrain,
  DiffusionTrain,
  DistillTrain,
  FineTune,
  GANTrain,
  LanguageModelTrain,
  MAMLTrain,
  MaskedAutoencoderTrain,
  type Quantizer,
  SupervisedTrain,
  VAETrain,
  VQVAETrain,
  linearNoise,
} from "../../src/scenarios/index.ts";
import { type TrainingRow, codes, floats, shuffled, training } from "./rows.ts";

const adam = (): Adam => new Adam({ learningRate: 0.02 });
const inputs = floats([32, 4], 2);
const noisy = (x: Tensor): Tensor => x.add(defaultGenerator.normal(x.shape, 0, 0.1));

/** A network of what it is given side by side, conditions and times of noise included. */
class Net extends Module<(x: Tensor, ...others: (Tensor | undefined)[]) => Tensor> {
  readonly mlp: MLP;
  readonly time: SinusoidalEmbed = new SinusoidalEmbed(4, { base: 50 });
  constructor(sizes: readonly number[], name: string) {
    super(name);
    this.mlp = new MLP(sizes);
  }
  forward(x: Tensor, ...others: (Tensor | undefined)[]): Tensor {
    const given = others.filter((one) => one !== undefined);
    const floats = given.map((one) => (one.dtype === "i32" ? this.time(one) : one));
    return this.mlp(concat([x, ...floats], 1));
  }
}

function gan(
  losses: AdversarialLosses,
  more: { penalised?: true; conditional?: true } = {},
): TrainingRow {
  return (settings) => {
    setSeed(2);
    const { penalised = false, conditional = false } = more;
    const fields = { inputs, ...(conditional && { half: floats([32, 1], 3) }) };
    const names = { inputs: "real", ...(conditional && { half: "condition" }) };
    const noise = { size: 3, seed: 5 };
    const g = conditional
      ? withNoise(shuffled(fields), { size: 3, seed: 6 }, { half: "condition" })
      : noiseFeed({ size: 3, seed: 6, batchSize: 8 });
    const optimizer = (): Adam => new Adam({ learningRate: 0.02, beta1: 0.5 });
    return training(new GANTrain({ ...settings, ...(penalised && { discriminatorSteps: 2 }) }), {
      generator: new Net([8, 4], "generator"),
      discriminator: new Net([8, 1], "discriminator"),
      generatorOptimizer: optimizer(),
      discriminatorOptimizer: optimizer(),
      ...losses,
      ...(penalised && { penalty: gradientPenalty() }),
      data: { g, gd: withNoise(shuffled(fields), noise, names) },
    });
  };
}

function vqvae(quantizer: () => Quantizer): TrainingRow {
  return (settings) => {
    setSeed(4);
    return training(new VQVAETrain(settings), {
      encoder: new MLP([6, 2], { name: "encoder" }),
      quantizer: quantizer(),
      decoder: new MLP([6, 4], { name: "decoder" }),
      optimizer: adam(),
      data: shuffled({ inputs }),
    });
  };
}

/** A network that begins with the values of a checkpoint, but for its head. */
function fineTune(more: (stem: MLP, head: Linear) => object): TrainingRow {
  return (settings) => {
    setSeed(5);
    const stem = new MLP([6, 6], { activateFinal: true, name: "stem" });
    const head = new Linear(2, { name: "head" });
    const tensors = {
      "model/stem/linear_0/b": floats([6], 1),
      "model/stem/linear_0/w": floats([4, 6], 2),
      "model/stem/linear_1/b": floats([6], 3),
      "model/stem/linear_1/w": floats([6, 6], 4),
    };
    return training(new FineTune(settings), {
      model: new Sequential([stem, head]),
      optimizer: adam(),
      loss: meanSquaredError,
      data: shuffled({ inputs, labels: floats([32, 2], 3) }),
      pretrained: { checkpoint: { tensors, state: null } },
      fresh: [head],
      ...more(stem, head),
    });
  };
}

/** Patches with their places, each by itself; and everything from the mean of these. */
class Patches extends Module<(x: Tensor, places: Tensor) => Tensor> {
  readonly linear: Linear = new Linear(4);
  forward(x: Tensor, places: Tensor): Tensor {
    return this.linear(concat([x, oneHot(places, 4)], 2));
  }
}
class Whole extends Module<(x: Tensor, places: Tensor) => Tensor> {
  readonly linear: Linear = new Linear(16);
  forward(x: Tensor): Tensor {
    return this.linear(x.mean(1)).reshape([x.shape[0] as number, 4, 4]);
  }
}

export const TRAININGS: Readonly<Record<string, TrainingRow>> = {
  SupervisedTrain(settings) {
    setSeed(1);
    const model = new MLP([8, 3], { dropoutRate: 0.2 });
    return training(new SupervisedTrain(settings), {
      model: Object.assign(new Sequential([(x) => model(x, { isTraining: false })]), { model }),
      forward: (x) => model(x, { isTraining: true }),
      augment: (x, labels) => [noisy(x), labels],
      optimizer: adam(),
      schedule: cosineDecay({ initial: 0.05, steps: 6 }),
      loss: crossEntropy,
      data: shuffled({ inputs, labels: codes([32], 3) }),
    });
  },
  "GANTrain, non-saturating": gan(nonSaturating),
  "GANTrain, least squares": gan(leastSquares),
  "GANTrain, hinge": gan(adversarialHinge),
  "GANTrain, Wasserstein with a penalty": gan(wasserstein, { penalised: true }),
  "GANTrain, conditional": gan(nonSaturating, { conditional: true }),
  AutoencoderTrain(settings) {
    setSeed(3);
    return training(new AutoencoderTrain(settings), {
      encoder: new MLP([6, 1], { name: "encoder" }),
      decoder: new MLP([6, 4], { name: "decoder" }),
      optimizer: adam(),
      loss: meanSquaredError,
      corrupt: noisy,
      data: shuffled({ inputs }),
    });
  },
  VAETrain(settings) {
    setSeed(3);
    return training(new VAETrain({ ...settings, beta: 2 }), {
      encoder: new MLP([6, 4], { name: "encoder" }),
      decoder: new MLP([6, 4], { name: "decoder" }),
      likelihood: bernoulliLikelihood,
      optimizer: adam(),
      generator: new Generator(7),
      data: shuffled({
        inputs: { ...inputs, data: inputs.data.map((x) => Number(x > 0)) } as typeof inputs,
      }),
    });
  },
  "VQVAETrain, a learned codebook": vqvae(() => new VectorQuantizer(2, 8, 0.25)),
  "VQVAETrain, a codebook that follows": vqvae(() => new VectorQuantizerEMA(2, 8, 0.25, 0.9)),
  LanguageModelTrain(settings) {
    setSeed(3);
    const sizes = { labelSmoothing: 0.1, zLoss: 0.01, ignoreIndex: 2 };
    return training(new LanguageModelTrain({ ...settings, ...sizes }), {
      model: new Sequential([new Embed({ vocabSize: 5, embedDim: 4 }), new Linear(5)]),
      optimizer: adam(),
      data: shuffled({ inputs: codes([32, 3], 5), labels: codes([32, 3], 4) }),
    });
  },
  ContrastiveTrain(settings) {
    setSeed(3);
    return training(new ContrastiveTrain({ ...settings, temperature: 0.2 }), {
      encoder: new MLP([6, 4], { name: "encoder" }),
      projection: new MLP([4], { name: "projection" }),
      augment: noisy,
      optimizer: adam(),
      data: shuffled({ inputs }),
    });
  },
  MaskedAutoencoderTrain(settings) {
    setSeed(4);
    const sizes = { patchSize: 2, maskRatio: 0.5, normalizeTargets: true };
    return training(new MaskedAutoencoderTrain({ ...settings, ...sizes }), {
      encoder: new Patches("encoder"),
      decoder: new Whole("decoder"),
      optimizer: adam(),
      data: shuffled({ inputs: floats([32, 4, 4, 1]) }),
    });
  },
  DistillTrain(settings) {
    setSeed(6);
    const teacher = new Linear(3, { name: "teacher" });
    teacher(zeros([1, 4]));
    return training(new DistillTrain(settings), {
      student: new MLP([6, 3], { name: "student" }),
      teacher,
      optimizer: adam(),
      data: shuffled({ inputs, labels: codes([32], 3) }),
    });
  },
  "FineTune, frozen": fineTune((stem) => ({ frozen: [stem] })),
  "FineTune, LoRA": fineTune((stem, head) => ({
    trained: [...addLoRA(stem, { rank: 2 }), head],
    rates: [[head, 0.5]],
  })),
  DiffusionTrain(settings) {
    setSeed(5);
    const model = new Net([8, 4], "net");
    build(model, [1, 4], { shape: [1], dtype: "i32" }, [1, 1]);
    return training(new DiffusionTrain(settings), {
      model,
      noise: linearNoise({ steps: 25 }),
      optimizer: adam(),
      generator: new Generator(7),
      average: new ParameterAverage(model.trainableVariables, { decay: 0.9 }),
      data: shuffled({ inputs, condition: floats([32, 1], 3) }),
    });
  },
  MAMLTrain(settings) {
    setSeed(2);
    const tasks = Object.fromEntries(
      ["supportInputs", "supportLabels", "queryInputs", "queryLabels"].map((name, i) => {
        return [name, floats([8, 4, 1], i)] as const;
      }),
    );
    return training(new MAMLTrain({ ...settings, innerLearningRate: 0.3 }), {
      model: new MLP([8, 1]),
      optimizer: adam(),
      loss: meanSquaredError,
      data: shuffled(tasks, 2),
    });
  },
};
