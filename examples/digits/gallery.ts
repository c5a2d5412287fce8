// The digits as a page of the gallery shows them.

import { scope, softmax, tensor } from "../../src/index.ts";
import type { Example } from "../example.ts";
import { trainDigits } from "./main.ts";

/** On digits that are drawn on the spot. It answers "read": 28 × 28 pixels, to ten probabilities. */
export const digits: Example = async (options, workspace, emit) => {
  const { seed, resume = false, signal, offer, steps } = options;
  const settings = { seed, resume, ...(steps !== undefined && { steps }) };
  await trainDigits(
    { ...settings, logEvery: 5, ...(signal && { signal }) },
    workspace,
    async (event) => {
      if (event.type === "device") await emit(`${event.runtime}, ${event.adapter}`);
      if (event.type === "step") {
        await emit({ type: "curve", step: event.step, values: { loss: event.loss } });
      }
      if (event.type === "evaluation") {
        const { accuracy = NaN } = event.metrics;
        await emit({ type: "curve", step: event.step, values: { accuracy } });
        await emit({ type: "goal", name: "accuracy", value: accuracy });
      }
      if (event.type === "model") {
        offer?.("read", async (pixels) => {
          const x = (): ReturnType<typeof tensor> => tensor(pixels, { shape: [1, 28, 28, 1] });
          const chances = scope(() => softmax(event.model(x())));
          const answer = (await chances.data()) as Float32Array;
          chances.dispose();
          return answer;
        });
      }
    },
  );
};
