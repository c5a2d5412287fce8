// TF.js in plain JavaScript, for context.

import { make } from "./tfjs.mjs";

export default make("cpu", () => import("@tensorflow/tfjs-backend-cpu"));
