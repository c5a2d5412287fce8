// Going on after the GPU was lost: a driver that restarts, a page that slept, a device destroyed.

import { type Device, device, reopenDevice } from "../gpu/device.ts";

/** Losses of the GPU in a row, with no step done between them, after which a run gives up. */
const MAX_IN_A_ROW = 3;

/** Milliseconds that a lost device's promise may take: calls fail a moment before it. */
const LOSS_DELAY = 200;

/** Why a device was lost, or undefined if it works. */
function whyLost({ gpu }: Device): Promise<string | undefined> {
  const isWell = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), LOSS_DELAY);
  });
  return Promise.race([gpu.lost.then(({ message, reason }) => message || reason), isWell]);
}

/** Opens another device when the one of a run is lost. */
export class Recovery {
  #device: Device = device();
  #step = -1;
  #inARow = 0;

  /**
   * Opens another device if an error came from losing this one, and returns why it was lost.
   *
   * @param step  the run has come to.
   * @throws the error if it has another cause, or losses come again and again.
   */
  async after(error: unknown, step: number): Promise<string> {
    const reason = await whyLost(this.#device);
    if (reason === undefined) throw error;
    this.#inARow = step > this.#step ? 1 : this.#inARow + 1;
    this.#step = step;
    if (this.#inARow > MAX_IN_A_ROW) throw error;
    this.#device = await reopenDevice(this.#device);
    return reason;
  }
}
