// Runs before every test file: one validated device for all of them.

import { init } from "../../src/index.ts";

await init({ validate: true });
