// Convolution over two spatial axes.

import { type ConvModuleOptions, ConvND } from "./convND.ts";

/**
 * Convolution of `[batch, height, width, channels]`, see `ConvND`.
 *
 *     const layer = new Conv2D(32, 3, { stride: 2 });
 */
export class Conv2D extends ConvND {
  static override readonly defaultName: string = "conv2_d";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvModuleOptions = {},
  ) {
    super(2, outputChannels, kernelShape, options);
  }
}
