// Exports without a row in the gradient table, and why.

const because = (reason: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, reason]));

/** Reasons by name. */
export const NOT_DIFFERENTIABLE: Readonly<Record<string, string>> = {
  ...because("error", "DataError DeviceError DtypeError RengaError ShapeError UsageError"),
  ...because("error", "NonFiniteError WorkspaceError"),
  ...because("device", "destroyDevice flush init memory profile scope"),
  ...because("runs other functions", "checkpoint compile"),
  ...because("module system", "Module once"),
  ...because("class; its methods are the ops", "Tensor Variable"),
  ...because("differentiates itself: secondOrder.test.ts", "GradientTape grad valueAndGrad"),
  ...because("random numbers", "Generator HostRandom defaultGenerator setSeed"),
  ...because("writes a variable, on no tape", "assign assignAdd"),
  ...because("creation", "arange eye full linspace ones tensor zeros"),
  ...because("boolean result", "all any equal greater greaterEqual isFinite isInfinite isNaN"),
  ...because(
    "boolean result",
    "less lessEqual logicalAnd logicalNot logicalOr logicalXor notEqual",
  ),
  ...because("integer result", "argMax argMin argSort binCount nonzero oneHot searchSorted"),
  ...because("integers only", "bitwiseAnd bitwiseNot bitwiseOr bitwiseXor shiftLeft shiftRight"),
  ...because("lets no gradient through: gradient.test.ts", "stopGradient"),
  ...because("gradients other than slopes: nn/base.test.ts", "leakyClipByValue scaleGradient"),
};
