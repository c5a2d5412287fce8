// Trains an autoencoder with a codebook on images in MNIST's format, and shows what it makes of others.

import {
  type Compiled,
  GradientTape,
  type Tensor,
  compile,
  init,
  scope,
  setSeed,
} from "../../src/index.ts";
import { toHostArray } from "../../src/data/index.ts";
import { Adam, cosineDecay, warmup } from "../../src/optimizers/index.ts";
import { RunLog, type Workspace, saveCheckpoint } from "../../src/workspace/index.ts";
import type { Example } from "../example.ts";
import { encodePng } from "../png.ts";
import { type Images, imagesOf, loadImages } from "./dataset.ts";
import { describe, evaluate, reconstructions } from "./evaluation.ts";
import { vqvaeLoss } from "./loss.ts";
import { VQVAE } from "./net.ts";

const BATCH_SIZE = 32;
const STEPS = 1500;
const RATE = 2e-3;
const LOG_EVERY = 100;

/** Test images in the picture. */
const SHOWN = 64;

type Figures = Readonly<Record<"loss" | "error" | "perplexity", Tensor>>;

function makeStep(model: VQVAE, optimizer: Adam, variance: number): Compiled<[Tensor], Figures> {
  return compile((x: Tensor) => {
    using tape = new GradientTape();
    const coded = model(x, { isTraining: true });
    const { loss, error } = vqvaeLoss(x, coded, variance);
    const variables = model.trainableVariables;
    optimizer.apply(tape.gradient(loss, variables), variables);
    return { loss, error, perplexity: coded.quantized.perplexity };
  });
}

/** Takes the steps. @param tell  is told figures now and then. */
async function train(
  model: VQVAE,
  { train: data, variance }: Images,
  steps: number,
  tell: (step: number, figures: Record<string, number>) => Promise<void>,
): Promise<void> {
  const optimizer = new Adam();
  const schedule = warmup(cosineDecay({ initial: RATE, steps, final: RATE / 20 }), 50);
  const takeStep = makeStep(model, optimizer, variance);
  for (let step = 1; step <= steps; step++) {
    const batch = await data.next();
    if (batch === undefined) break;
    optimizer.learningRate = schedule(step - 1);
    const figures = scope(() => takeStep(imagesOf(batch)));
    if (step % LOG_EVERY === 0 || step === steps) {
      const entries = Object.entries(figures).map(async ([name, x]) => [name, await x.item()]);
      await tell(step, Object.fromEntries(await Promise.all(entries)) as Record<string, number>);
    }
    for (const tensor of Object.values(figures)) tensor.dispose();
  }
  takeStep.dispose();
}

async function save(model: VQVAE, workspace: Workspace): Promise<void> {
  const entries = model.variables.map(async (one) => [one.name, await toHostArray(one)] as const);
  const tensors = Object.fromEntries(await Promise.all(entries));
  await saveCheckpoint(workspace, "vqvae.safetensors", { tensors, state: null });
}

export const vqvae: Example = async (options, workspace, emit) => {
  const { files, seed, steps = STEPS } = options;
  const images = await loadImages(files, { batchSize: BATCH_SIZE, seed });
  const [trainSize, testSize] = [images.train.dataset.size, images.testSet.size];
  await emit(`${(await init()).adapter}; ${trainSize} images to train on, ${testSize} to test`);
  setSeed(seed);
  const model = new VQVAE();
  const log = new RunLog(workspace);
  await workspace.remove(log.path);
  await train(model, images, steps, async (step, figures) => {
    await log.append({ step, ...figures });
    const text = Object.entries(figures).map(([name, x]) => `${name} ${x.toPrecision(4)}`);
    await emit(`step ${step}: ${text.join(", ")}`);
  });
  await emit(describe(await evaluate(model, images.testSet)));
  await save(model, workspace);
  const picture = await reconstructions(model, images.testSet, SHOWN);
  await workspace.write("reconstructions.png", await encodePng(picture));
  await emit(`originals above reconstructions: reconstructions.png in ${workspace.description}`);
};
