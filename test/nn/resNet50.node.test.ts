// Counting, on one host: the network is large, and its parts are tested on all.

import { expect, test } from "vitest";
import { scope, zeros } from "../../src/index.ts";
import { ResNet50 } from "../../src/nn/index.ts";

test("ResNet50 has Sonnet's numbers of variables and parameters", () => {
  const net = new ResNet50(1000);
  scope(() => void net(zeros([1, 32, 32, 3]), { isTraining: false }));
  const sizes = net.trainableVariables.map(({ size }) => size);
  const counts = [net.variables.length, sizes.length, sizes.reduce((a, b) => a + b, 0)];
  expect(counts).toEqual([479, 161, 25557032]);
  for (const variable of net.variables) variable.dispose();
});
