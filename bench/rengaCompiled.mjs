// Renga with compiled training steps.

import { make } from "./renga.mjs";

export default make(true);
