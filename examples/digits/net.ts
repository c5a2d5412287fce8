// The network: pixels to ten logits.

import { Flatten, MLP, Sequential } from "../../src/nn/index.ts";

export function digitsNet(): Sequential {
  return new Sequential([new Flatten(), new MLP([256, 128, 10])], "digits_net");
}
