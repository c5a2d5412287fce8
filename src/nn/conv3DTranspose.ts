// Transposed convolution over three spatial axes.

import { ConvNDTranspose, type ConvTransposeModuleOptions } from "./convNDTranspose.ts";

/** Transposed convolution of `[batch, depth, height, width, channels]`, see `ConvNDTranspose`. */
export class Conv3DTranspose extends ConvNDTranspose {
  static override readonly defaultName: string = "conv3_d_transpose";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeModuleOptions = {},
  ) {
    super(3, outputChannels, kernelShape, options);
  }
}
