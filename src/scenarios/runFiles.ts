// The checkpoints of a training run in its workspace.

import { type Checkpoint, latestCheckpoint, saveCheckpoint } from "../workspace/checkpoint.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** Folder of the checkpoints in a workspace. */
const CHECKPOINTS = "checkpoints/";

/** Writes a run's checkpoints and keeps the last ones. */
export class RunFiles {
  readonly #workspace: Workspace;
  readonly #keep: number;

  constructor(workspace: Workspace, keep = 3) {
    this.#workspace = workspace;
    this.#keep = keep;
  }

  /** Writes the checkpoint of a step, removes old ones, and returns its path. */
  async save(step: number, checkpoint: Checkpoint): Promise<string> {
    const path = `${CHECKPOINTS}step-${String(step).padStart(8, "0")}.safetensors`;
    await saveCheckpoint(this.#workspace, path, checkpoint);
    const old = (await this.#workspace.list(CHECKPOINTS)).slice(0, -this.#keep);
    for (const path of old) await this.#workspace.remove(path);
    return path;
  }

  /** The newest whole checkpoint. */
  async latest(): Promise<Checkpoint | undefined> {
    return (await latestCheckpoint(this.#workspace, CHECKPOINTS))?.checkpoint;
  }
}
