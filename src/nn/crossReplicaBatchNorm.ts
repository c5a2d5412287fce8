// Batch norm over the batches of all replicas: here, of the one there is.

import { BaseBatchNorm } from "./batchNorm.ts";

/**
 * Batch norm whose statistics are those of all replicas together. WebGPU gives a page one device, so there
 * is one replica, and this is `BaseBatchNorm` but for the variance that is kept, which is the biased one
 * for every kind of input.
 */
export class CrossReplicaBatchNorm extends BaseBatchNorm {
  static override readonly defaultName: string = "cross_replica_batch_norm";
  protected override get keepsUnbiased(): boolean {
    return false;
  }
}
