// Transposed convolution over one spatial axis.

import { ConvNDTranspose, type ConvTransposeModuleOptions } from "./convNDTranspose.ts";

/** Transposed convolution of `[batch, width, channels]`, see `ConvNDTranspose`. */
export class Conv1DTranspose extends ConvNDTranspose {
  static override readonly defaultName: string = "conv1_d_transpose";
  constructor(
    outputChannels: number,
    kernelShape: number | readonly number[],
    options: ConvTransposeModuleOptions = {},
  ) {
    super(1, outputChannels, kernelShape, options);
  }
}
