// Training whose disk runs full: the error is typed, and nothing that was saved is lost.

import { expect, test } from "vitest";
import { WorkspaceError, setSeed } from "../../src/index.ts";
import { DataLoader, twoMoons } from "../../src/data/index.ts";
import { crossEntropy } from "../../src/losses/index.ts";
import { Linear } from "../../src/nn/index.ts";
import { SGD } from "../../src/optimizers/index.ts";
import { SupervisedTrain, type TrainEvent } from "../../src/scenarios/index.ts";
import { MemoryWorkspace, latestCheckpoint } from "../../src/workspace/index.ts";

/** Has room for so many files. */
class SmallWorkspace extends MemoryWorkspace {
  room = 1;
  override async write(path: string, bytes: Uint8Array): Promise<void> {
    if (this.room-- > 0) return super.write(path, bytes);
    throw new WorkspaceError(path, "there must be room for the file", {
      got: `${bytes.length} bytes`,
    });
  }
}

function parts() {
  setSeed(1);
  const data = new DataLoader(twoMoons().sample(24, 1), { batchSize: 8, shuffle: true });
  return {
    model: new Linear(2),
    optimizer: new SGD({ learningRate: 0.5 }),
    loss: crossEntropy,
    data,
  };
}

test("the run ends with the error; with room again it goes on as if nothing had been", async () => {
  const workspace = new SmallWorkspace();
  const settings = { steps: 6, saveEvery: 2, workspace, resume: true };
  const events: TrainEvent["type"][] = [];
  const full = async (): Promise<void> => {
    for await (const { type } of new SupervisedTrain(settings).run(parts())) events.push(type);
  };
  await expect(full()).rejects.toThrow(WorkspaceError);
  expect(events.filter((type) => type === "save")).toHaveLength(1);
  const latest = await latestCheckpoint(workspace, "checkpoints/");
  expect(latest?.path).toBe("checkpoints/step-00000002.safetensors");

  workspace.room = 10;
  const resumed = parts();
  expect((await new SupervisedTrain(settings)(resumed)).step).toBe(6);
  const whole = parts();
  await new SupervisedTrain({ steps: 6 })(whole);
  const values = async ({ model }: typeof whole): Promise<unknown> =>
    Promise.all(model.variables.map((variable) => variable.data()));
  expect(await values(resumed)).toEqual(await values(whole));
});
