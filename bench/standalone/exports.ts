// The images' convolutional net as each library takes it: a standalone module with its weights, an ONNX
// file, and plain arrays; with an image and the logits that the library itself finds.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { ConvNet } from "../../examples/images/net.ts";
import { destroyDevice, init, setSeed, tensor } from "../../src/index.ts";
import { exportOnnx } from "../../src/onnx/index.ts";
import { exportStandalone } from "../../src/standalone/index.ts";

const folder = argv[2] as string;
const { adapterClass } = await init();
setSeed(0);
const net = new ConvNet();
const pixels = Float32Array.from({ length: 784 }, (_, i) => ((i * 7919) % 256) / 255);
const x = tensor(pixels, { shape: [1, 28, 28] });
const logits = await net(x).data();
const { module, weights } = await exportStandalone(net, x, { adapterClass });
const variables = net.variables.map(async (variable) => {
  const data = Buffer.from(((await variable.data()) as Float32Array).buffer).toString("base64");
  return { name: variable.name, shape: variable.shape, data };
});
mkdirSync(folder, { recursive: true });
const write = (name: string, body: string | Uint8Array): void => {
  writeFileSync(join(folder, name), body);
};
write("net.mjs", module);
write("net.bin", weights);
write("net.onnx", await exportOnnx(net, x));
write("net.json", JSON.stringify(await Promise.all(variables)));
write("image.json", JSON.stringify({ image: [...(await x.data())], logits: [...logits] }));
destroyDevice();
