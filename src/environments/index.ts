// renga/environments: worlds to act in, and what to keep of what happens there.

export { CartPole, type CartPoleState } from "./cartPole.ts";
export { Catch, type CatchOptions, type CatchState } from "./catch.ts";
export type { Action, ActionSpace, Environment, EnvironmentStep, Frame } from "./environment.ts";
export { FrameStack, type FrameStackState } from "./frameStack.ts";
export {
  type AdvantageOptions,
  type Advantages,
  type Experience,
  generalizedAdvantages,
} from "./generalizedAdvantages.ts";
export {
  GridWorld,
  type GridWorldOptions,
  type GridWorldState,
  type Outcome,
} from "./gridWorld.ts";
export {
  NormalizeObservation,
  type NormalizeObservationOptions,
  type NormalizeObservationState,
} from "./normalizeObservation.ts";
export { Pendulum, type PendulumState } from "./pendulum.ts";
export { ReplayBuffer, type ReplayBufferOptions, type ReplayState } from "./replayBuffer.ts";
export { RolloutBuffer } from "./rolloutBuffer.ts";
export { type MomentsState, RunningMoments } from "./runningMoments.ts";
export { TimeLimit, type TimeLimitState } from "./timeLimit.ts";
export { type PlaceValues, valueIteration } from "./valueIteration.ts";
export {
  type Episode,
  VectorEnvironment,
  type VectorState,
  type VectorStep,
} from "./vectorEnvironment.ts";
