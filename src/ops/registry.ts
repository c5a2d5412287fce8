// Every pipeline variant of the library, for warm-up and for compiling all of them in tests.

import type { Kernel } from "../gpu/kernel.ts";
import { binaryKernels } from "./binary.ts";
import { castKernels } from "./cast.ts";
import { convKernels } from "./convKernels.ts";
import { elementKernels } from "./elements.ts";
import { fillKernels } from "./creation.ts";
import { gatherKernels } from "./gather.ts";
import { gruKernels } from "./gru.ts";
import { lstmKernels } from "./lstmSteps.ts";
import { matmulKernels } from "./matmul.ts";
import { oneHotKernels } from "./oneHot.ts";
import { randomKernels } from "./random.ts";
import { reduceKernels } from "./reduce.ts";
import { scanKernels } from "./scan.ts";
import { segmentKernels } from "./segments.ts";
import { copyKernels } from "./slice.ts";
import { softmaxKernels } from "./softmax.ts";
import { sortKernels } from "./sort.ts";
import { sumKernels } from "./sum.ts";
import { unaryKernels } from "./unary.ts";
import { vanillaRnnKernels } from "./vanillaRnn.ts";
import { whereKernels } from "./where.ts";

/** All kernels of the ops. A new op file adds its list here; a test notices when it does not. */
export function opKernels(): Kernel[] {
  return [
    binaryKernels,
    castKernels,
    convKernels,
    copyKernels,
    elementKernels,
    fillKernels,
    gatherKernels,
    gruKernels,
    lstmKernels,
    matmulKernels,
    oneHotKernels,
    randomKernels,
    reduceKernels,
    scanKernels,
    segmentKernels,
    softmaxKernels,
    sortKernels,
    sumKernels,
    unaryKernels,
    vanillaRnnKernels,
    whereKernels,
  ].flatMap((list) => list());
}
