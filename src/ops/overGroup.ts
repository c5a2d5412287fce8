// Sums and maxima over the threads of a workgroup.

import type { SubgroupPart } from "../gpu/kernel.ts";
import { overGroup as core } from "../shaders/overGroup.ts";
import { overSubgroups as subgroups } from "../shaders/overSubgroups.ts";

/** `sumOverGroup` and `maxOverGroup` for kernels of 64 threads. */
export const overGroup: SubgroupPart = { core, subgroups };
