// Every pipeline variant of the library, for warm-up and for compiling all of them in tests.

import type { Kernel } from "../gpu/kernel.ts";
import { avgPoolKernels } from "./avgPool.ts";
import { attentionKernels } from "./attentionKernels.ts";
import { binaryKernels } from "./binary.ts";
import { castKernels } from "./cast.ts";
import { channelKernels } from "./channelKernels.ts";
import { convKernels } from "./convKernels.ts";
import { elementKernels } from "./elements.ts";
import { fillKernels } from "./creation.ts";
import { gatherKernels } from "./gather.ts";
import { linearAlgebraKernels } from "./linearAlgebra.ts";
import { gruKernels } from "./gru.ts";
import { joinKernels } from "./joinSplits.ts";
import { lstmKernels } from "./lstmSteps.ts";
import { matmulKernels } from "./matmulKernels.ts";
import { oneHotKernels } from "./oneHot.ts";
import { maxPoolKernels } from "./maxPool.ts";
import { randomKernels } from "./random.ts";
import { reduceKernels } from "./reduce.ts";
import { rowKernels } from "./rowKernels.ts";
import { resizeKernels } from "./resize.ts";
import { roundingErrorKernels } from "./roundingError.ts";
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
    avgPoolKernels,
    attentionKernels,
    binaryKernels,
    castKernels,
    channelKernels,
    convKernels,
    copyKernels,
    elementKernels,
    fillKernels,
    gatherKernels,
    linearAlgebraKernels,
    gruKernels,
    joinKernels,
    lstmKernels,
    matmulKernels,
    maxPoolKernels,
    oneHotKernels,
    randomKernels,
    reduceKernels,
    rowKernels,
    resizeKernels,
    roundingErrorKernels,
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
