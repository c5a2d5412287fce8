// The standalone module.

import { load } from "/net.mjs";

export async function predict(image) {
  const model = await load(fetch("/net.bin"));
  const { output } = await model.run(image);
  return output.data;
}
