// Convolution over one spatial axis.

import { type ConvModuleOptions, ConvND } from "./convND.ts";

/**
 * Convolution of `[batch, width, channels]`, see `ConvND`.
 *
 *     const layer = new Conv1D(32, 3, { stride: 2 });
 */
export class Conv1D extends ConvND {
  static override readonly defaultName: string = "conv1_d";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvModuleOptions = {},
  ) {
    super(1, outputChannels, kernelShape, options);
  }
}
