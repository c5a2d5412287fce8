// Every differentiable function of the library, with operands that hurt.

import { ARRANGING } from "./arranging.ts";
import type { Row } from "./case.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { LAYERS } from "./layers.ts";
import { LOSSES } from "./losses.ts";

/** Rows by the name that is exported. */
export const TABLE: Readonly<Record<string, Row | readonly Row[]>> = {
  ...ELEMENTWISE,
  ...ARRANGING,
  ...LAYERS,
  ...LOSSES,
};
