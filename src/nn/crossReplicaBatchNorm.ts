// Batch norm as Sonnet's over replicas, for one.

import { BaseBatchNorm } from "./batchNorm.ts";

/**
 * Batch norm that normalises by this replica's batch: numbers of other replicas reach a device only between
 * the commands of one pass and those of the next. It is `BaseBatchNorm` but for the variance that is kept,
 * which is the biased one for every kind of input. `Replicator.broadcast` gives all replicas the statistics of
 * one, as Sonnet's variables have them.
 */
export class CrossReplicaBatchNorm extends BaseBatchNorm {
  static override readonly defaultName: string = "cross_replica_batch_norm";
  protected override get keepsUnbiased(): boolean {
    return false;
  }
}
