// How far a run has come towards what it is for.

import type { Demo } from "./demos.ts";

/** A line that tells the newest value, what is wanted, and since when it has been reached. */
export class GoalLine {
  readonly #line: HTMLElement;
  readonly #goal: Demo["goal"];
  #reachedAt: number | undefined;

  constructor(line: HTMLElement, goal: Demo["goal"]) {
    this.#line = line;
    this.#goal = goal;
    this.clear();
  }

  /** What the value of that name is at a step. */
  show(name: string, value: number, step: number): void {
    const { better, value: wanted } = this.#goal;
    if (name !== this.#goal.name) return;
    if (better === "higher" ? value >= wanted : value <= wanted) this.#reachedAt ??= step;
    const isReached = this.#reachedAt !== undefined;
    this.#line.classList.toggle("reached", isReached);
    const reached = isReached ? `, reached at step ${this.#reachedAt}` : "";
    this.#line.textContent = `${this.#wanted()}${reached}. Now: ${Number(value.toPrecision(4))}`;
  }

  clear(): void {
    this.#reachedAt = undefined;
    this.#line.classList.remove("reached");
    this.#line.textContent = this.#wanted();
  }

  #wanted(): string {
    const { says, better, value } = this.#goal;
    return `Goal: ${says} ${better === "higher" ? "at least" : "at most"} ${value}`;
  }
}
