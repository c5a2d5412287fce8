// Convolution over three spatial axes.

import { type ConvModuleOptions, ConvND } from "./convND.ts";

/**
 * Convolution of `[batch, depth, height, width, channels]`, see `ConvND`.
 *
 *     const layer = new Conv3D(32, 3, { stride: 2 });
 */
export class Conv3D extends ConvND {
  static override readonly defaultName: string = "conv3_d";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvModuleOptions = {},
  ) {
    super(3, outputChannels, kernelShape, options);
  }
}
