// TF.js on WebAssembly, for context. Its threads need the isolated pages that the harness serves.

import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { make } from "./tfjs.mjs";

export default make("wasm", ({ packages }) =>
  setWasmPaths(`${packages}@tensorflow/tfjs-backend-wasm/dist/`),
);
