import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as renga from "../../src/index.ts";
import * as augment from "../../src/augment/index.ts";
import * as autotune from "../../src/autotune/index.ts";
import * as cli from "../../src/cli/index.ts";
import * as csv from "../../src/csv/index.ts";
import * as data from "../../src/data/index.ts";
import * as distribute from "../../src/distribute/index.ts";
import * as evaluation from "../../src/evaluation/index.ts";
import * as graph from "../../src/graph/index.ts";
import * as onnx from "../../src/onnx/index.ts";
import * as tflite from "../../src/tflite/index.ts";
import * as environments from "../../src/environments/index.ts";
import * as losses from "../../src/losses/index.ts";
import * as metrics from "../../src/metrics/index.ts";
import * as nn from "../../src/nn/index.ts";
import * as npz from "../../src/npz/index.ts";
import * as optimizers from "../../src/optimizers/index.ts";
import * as pretrained from "../../src/pretrained/index.ts";
import * as scenarios from "../../src/scenarios/index.ts";
import * as standalone from "../../src/standalone/index.ts";
import * as workspace from "../../src/workspace/index.ts";

const folder = join(import.meta.dirname, "..");
const tests = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.startsWith("architecture"))
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");

/** Found by their name in test/gpu/pipelines.test.ts, which compiles every one. */
const isRule = (name: string): boolean => name.endsWith("_RULE");

const surfaces = {
  ...{ renga, augment, autotune, csv, data, distribute, environments, evaluation },
  ...{ cli, graph, npz, onnx, pretrained, standalone, tflite },
  ...{ losses, metrics, nn, optimizers, scenarios, workspace },
};

describe.each(Object.entries(surfaces))("%s", (_, surface) => {
  test("everything exported is used by a test", () => {
    const untested = Object.keys(surface).filter(
      (name) => !isRule(name) && !new RegExp(`\\b${name}\\b`).test(tests),
    );
    expect(untested).toEqual([]);
  });
});
