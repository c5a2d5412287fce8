// Statistics of batch norm gathered anew, for parameters that training did not pass through.

import { UsageError } from "../errors.ts";
import { assign } from "../ops/assign.ts";
import { copy } from "../ops/elementwise.ts";
import { untaped } from "../ops/tape.ts";
import { scope } from "../tensor/scope.ts";
import { BaseBatchNorm } from "./batchNorm.ts";
import { type Module, allVariables, isModule } from "./module.ts";
import { Mean, type Metric } from "./statistics.ts";

/** The statistics of every batch norm in a model. */
function statisticsOf(model: Module): Metric[] {
  const norms = [model, ...model.submodules].filter((one) => one instanceof BaseBatchNorm);
  if (norms.some(({ scale }) => scale === undefined)) {
    throw new UsageError("updateBatchNorm", "the model must have been called before");
  }
  const found = norms.flatMap(({ movingMean, movingVariance }) => [movingMean, movingVariance]);
  return found.map((one) => {
    if (isModule(one) && "reset" in one) return one as unknown as Metric;
    const got = String(one);
    throw new UsageError("updateBatchNorm", "statistics must be ones with reset()", { got });
  });
}

/** Runs a batch through the model and takes its statistics into the means. */
function takeIn(statistics: readonly Metric[], means: readonly Mean[], run: () => unknown): void {
  untaped(() =>
    scope(() => {
      for (const statistic of statistics) statistic.reset();
      const versions = statistics.map(versionOf);
      run();
      if (statistics.some((statistic, i) => versionOf(statistic) === versions[i])) {
        throw new UsageError("updateBatchNorm", "forward must let every batch norm train", {
          remedy: "Call the model with { isTraining: true } in it.",
        });
      }
      statistics.forEach((statistic, i) => means[i]?.update(statistic.value));
    }),
  );
}

/** Grows with every change of a statistic. */
const versionOf = (statistic: Metric): number =>
  allVariables(statistic).reduce((sum, { version }) => sum + version, 0);

/**
 * Replaces the statistics of every batch norm in a model by the equal mean over the batches, as for averages of
 * parameters; see `StochasticWeightAverage`. A model without batch norm stays as it is.
 *
 *     await updateBatchNorm(model, loader, (batch) => model(inputsOf(batch), { isTraining: true }));
 *
 * @param model    has been called before.
 * @param batches  are run through once.
 * @param forward  calls the model so that batch norms train. Nothing it returns is kept.
 * @throws {UsageError} if there is no batch, or a batch norm does not train; statistics stay as they were.
 * @see Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization, §3.2.
 */
export async function updateBatchNorm<Batch>(
  model: Module,
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  forward: (batch: Batch) => unknown,
): Promise<void> {
  const statistics = statisticsOf(model);
  if (statistics.length === 0) return;
  const variables = allVariables(...statistics);
  const kept = variables.map((variable) => copy.run(variable));
  const means = statistics.map(() => new Mean());
  let count = 0;
  try {
    for await (const batch of batches) {
      takeIn(statistics, means, () => forward(batch));
      count++;
    }
    if (count === 0) throw new UsageError("updateBatchNorm", "there must be a batch");
    statistics.forEach((statistic, i) => {
      statistic.reset();
      scope(() => statistic.update((means[i] as Mean).value));
    });
  } catch (error) {
    variables.forEach((variable, i) => assign(variable, kept[i] as (typeof kept)[number]));
    throw error;
  } finally {
    for (const one of [...kept, ...allVariables(...means)]) one.dispose();
  }
}
