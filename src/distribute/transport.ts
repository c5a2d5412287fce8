// How replicas reach each other: bytes from each to all, round by round.

/** One replica's place among `size` of them, and its way to the others. */
export interface Transport {
  /** This replica's number, from 0. */
  readonly rank: number;
  /** How many replicas there are. */
  readonly size: number;
  /**
   * Gives every replica what each of them gave in the same round, by rank. All replicas must call it equally
   * often; calls that overlap are rounds in the order of the calls.
   *
   * @throws {ReplicaError} if another one has left or does not answer.
   */
  exchange(bytes: Uint8Array<ArrayBuffer>): Promise<readonly Uint8Array<ArrayBuffer>[]>;
  /** Leaves. Rounds of the others that wait for this replica fail. @param reason  for their message. */
  close(reason?: string): void;
}

/** Options of transports. */
export interface TransportOptions {
  /** Milliseconds to wait for the others in a round, and for all to come up. Default 120,000. */
  readonly timeout?: number;
}
