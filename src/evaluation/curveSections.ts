// The parts of a written report about checkpoints and learning curves.

import { type Line, lineChart } from "./lineChart.ts";
import { metricsOf } from "./metricScore.ts";
import type { ReportData } from "./reportData.ts";
import type { Run } from "./run.ts";
import type { Section } from "./section.ts";
import type { Variant } from "./variant.ts";

/** Metrics of the checkpoints of each model, where these are numbers. */
export function checkpointSection(data: ReportData): Section[] {
  const { variants, metrics, sampling, settings } = data;
  const steps = variants.filter(({ runs: [run] }) => typeof run.checkpoint === "number");
  const models = [...new Set(steps.map(({ runs: [run] }) => run.model))];
  const charts = metrics.flatMap((metric) => {
    const lines = models.map((model): Line => {
      const own = steps.filter(({ runs: [run] }) => {
        return run.model === model && metricsOf(run, settings).includes(metric);
      });
      const points = own.map((variant) => {
        const { value, interval } = sampling.estimate(sampling.of(variant, metric));
        const x = variant.runs[0].checkpoint as number;
        return interval ? { x, y: value, interval } : { x, y: value };
      });
      return { name: model, points: points.sort((a, b) => a.x - b.x) };
    });
    // What stays as it is at every checkpoint, a number of parameters say, is no curve.
    const drawn = lines.filter(({ points }) => points.some(({ y }) => y !== points[0]?.y));
    return drawn.length > 0 ? [lineChart(metric, drawn, { xLabel: "checkpoint" })] : [];
  });
  return charts.length > 0 ? [{ title: "Checkpoints", charts }] : [];
}

/** A curve over the seeds of a variant: their mean within lowest and highest. */
function meanCurve({ name, runs }: Variant, curve: string): Line[] {
  const found = runs.flatMap((run) => run.curves[curve] ?? []);
  const [first] = found;
  if (!first) return [];
  const isShared = found.every(({ steps }) => steps.join() === first.steps.join());
  if (!isShared) {
    return runs.flatMap((run) => singleCurve(run, curve, `${name}, seed ${run.seed ?? "–"}`));
  }
  const points = Array.from(first.steps, (x, i) => {
    const values = found.map((one) => one.values[i] as number);
    const y = values.reduce((sum, value) => sum + value, 0) / values.length;
    const interval = [Math.min(...values), Math.max(...values)] as const;
    return values.length > 1 ? { x, y, interval } : { x, y };
  });
  return [{ name, points: points.sort((a, b) => a.x - b.x) }];
}

function singleCurve(run: Run, curve: string, name: string): Line[] {
  const found = run.curves[curve];
  if (!found) return [];
  const points = Array.from(found.steps, (x, i) => ({ x, y: found.values[i] as number }));
  return [{ name, points: points.sort((a, b) => a.x - b.x) }];
}

/** A chart for each learning curve, a line for each model. */
export function curveSection({ variants }: ReportData): Section[] {
  const runs = variants.flatMap((variant) => variant.runs);
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.curves)))];
  if (names.length === 0) return [];
  const charts = names.map((curve) => {
    return lineChart(
      curve,
      variants.flatMap((variant) => meanCurve(variant, curve)),
    );
  });
  const isSeveral = variants.some((variant) => variant.runs.length > 1);
  const notes = isSeveral
    ? ["Lines are means over seeds, bands reach from lowest to highest."]
    : [];
  return [{ title: "Learning curves", notes, charts }];
}
