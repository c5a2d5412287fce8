// TF.js on WebGPU.

import { make } from "./tfjs.mjs";

export default make("webgpu", () => import("@tensorflow/tfjs-backend-webgpu"));
