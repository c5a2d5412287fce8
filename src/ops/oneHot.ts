// Class indices as rows of 0 and 1.

import { UsageError } from "../errors.ts";
import { device } from "../gpu/device.ts";
import { Kernel } from "../gpu/kernel.ts";
import { oneHot as oneHotShader } from "../shaders/oneHot.ts";
import { requireDtype } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { gridOf } from "./dispatch.ts";
import { contiguous } from "./views.ts";
import { recordConstant } from "./tape.ts";

const kernel: Kernel = /* @__PURE__ */ new Kernel({ shader: oneHotShader });

/** Every kernel of this file. */
export function oneHotKernels(): Kernel[] {
  return [kernel];
}

/**
 * 1 at each label's place, else 0; a row of zeros where a label is outside.
 *
 * @param labels  `[…]` i32 or u32.
 * @returns       `[…, depth]` f32.
 */
export function oneHot(labels: Tensor, depth: number): Tensor {
  requireDtype("oneHot", labels.dtype, ["i32", "u32"]);
  if (!Number.isInteger(depth) || depth < 1) {
    throw new UsageError("oneHot", "depth must be a positive integer", { got: `${depth}` });
  }
  const ids = contiguous(labels);
  const y = Tensor.empty([...labels.shape, depth], "f32");
  if (y.size === 0) return y;
  const blocks = [ids.block, y.block];
  device().dispatch(kernel, blocks, [y.size, depth, ids.offset], ...gridOf(y.size));
  recordConstant("oneHot", [labels], y);
  return y;
}
