// Transposed convolution over two spatial axes.

import { ConvNDTranspose, type ConvTransposeModuleOptions } from "./convNDTranspose.ts";

/** Transposed convolution of `[batch, height, width, channels]`, see `ConvNDTranspose`. */
export class Conv2DTranspose extends ConvNDTranspose {
  static override readonly defaultName: string = "conv2_d_transpose";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeModuleOptions = {},
  ) {
    super(2, outputChannels, kernelShape, options);
  }
}
