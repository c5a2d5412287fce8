// Episodes that end while an agent learns, told as events of its run.

import type { Episode } from "../environments/vectorEnvironment.ts";
import { RunLog } from "../workspace/runLog.ts";
import type { TrainEvent, TrainResult } from "./trainEvents.ts";
import type { TrainSettings } from "./trainSettings.ts";

/** An episode has ended; told before the next event of its run. */
export interface EpisodeEvent extends Episode {
  readonly type: "episode";
  /** Steps in all environments together by then. */
  readonly frames: number;
}

/** What happens while an agent learns, in order. */
export type AgentEvent = TrainEvent | EpisodeEvent;

/** Counts the steps of environments, and keeps the episodes that nobody has been told of. */
export class Episodes {
  frames = 0;
  #ended: EpisodeEvent[] = [];

  /** `frames` more steps were taken, and these episodes ended. */
  add(frames: number, ended: readonly Episode[]): void {
    this.frames += frames;
    for (const one of ended) this.#ended.push({ type: "episode", frames: this.frames, ...one });
  }

  /** The episodes since the last call. */
  take(): readonly EpisodeEvent[] {
    return this.#ended.splice(0);
  }
}

/**
 * The events of a run with the episodes among them. The log, if there is one, gets a line with frames and
 * the mean return and length of the episodes since the last step event.
 */
export async function* withEpisodes(
  { workspace }: TrainSettings,
  run: AsyncGenerator<TrainEvent, TrainResult>,
  episodes: Episodes,
): AsyncGenerator<AgentEvent, TrainResult> {
  const log = workspace && new RunLog(workspace);
  let untold: EpisodeEvent[] = [];
  try {
    for (;;) {
      const { done, value } = await run.next();
      const ended = episodes.take();
      untold.push(...ended);
      yield* ended;
      if (done) return value;
      if (value.type === "step" && untold.length > 0) {
        await log?.append({ step: value.step, ...summaryOf(untold) });
        untold = [];
      }
      yield value;
    }
  } finally {
    await run.return(undefined as never);
  }
}

/** Means over episodes. */
function summaryOf(ended: readonly EpisodeEvent[]): Readonly<Record<string, number | undefined>> {
  const mean = (of: (one: EpisodeEvent) => number): number =>
    ended.reduce((sum, one) => sum + of(one), 0) / ended.length;
  return {
    frames: ended.at(-1)?.frames,
    episodes: ended.length,
    return: mean((one) => one.return),
    length: mean(({ length }) => length),
  };
}
