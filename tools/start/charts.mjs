// Charts of a run, as SVG.

import { View, parse } from "vega";
import { compile } from "vega-lite";

/** A Vega-Lite specification as SVG text. */
async function render(specification) {
  const config = { font: "sans-serif", axis: { grid: true, gridOpacity: 0.4 } };
  const { spec } = compile({ background: "white", padding: 12, config, ...specification });
  return new View(parse(spec), { renderer: "none" }).toSVG();
}

/** Loss and test accuracy over steps. */
export function curvesSvg(log) {
  const step = { field: "step", type: "quantitative", title: "step" };
  const chart = (field, title, values, zero) => ({
    width: 560,
    height: 200,
    data: { values },
    mark: { type: "line", point: values.length < 40, interpolate: "monotone" },
    encoding: {
      x: step,
      y: { field, type: "quantitative", title, scale: { zero } },
    },
  });
  const losses = log.filter((entry) => Number.isFinite(entry.loss));
  const accuracies = log.filter((entry) => Number.isFinite(entry.accuracy));
  return render({
    title: "Learning curves",
    vconcat: [
      chart("loss", "training loss (nats)", losses, true),
      chart("accuracy", "test accuracy", accuracies, false),
    ],
  });
}

/** Counts by true and predicted digit. */
export function confusionSvg(matrix) {
  const values = matrix.flatMap((row, label) => {
    const total = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    return row.map((count, predicted) => ({ label, predicted, count, share: count / total }));
  });
  const axes = {
    x: { field: "predicted", type: "ordinal", axis: { labelAngle: 0, grid: false } },
    y: { field: "label", type: "ordinal", title: "true", axis: { grid: false } },
  };
  const light = { test: "datum.share > 0.5", value: "white" };
  return render({
    title: "Test images by true and predicted class",
    width: 420,
    height: 420,
    data: { values },
    encoding: axes,
    layer: [
      {
        mark: "rect",
        encoding: {
          color: {
            field: "share",
            type: "quantitative",
            title: "share of row",
            scale: { scheme: "blues", domain: [0, 1] },
          },
        },
      },
      {
        transform: [{ filter: "datum.count > 0" }],
        mark: "text",
        encoding: { text: { field: "count" }, color: { condition: light, value: "black" } },
      },
    ],
  });
}
