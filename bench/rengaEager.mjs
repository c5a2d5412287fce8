// Renga, eager.

import { make } from "./renga.mjs";

export default make(false);
