// Every error Renga throws on purpose: what was asked, which rule it broke, what came, what to do.

/** What an error adds to its rule. Further fields (shapes, names, numbers) stay readable on the error. */
export interface ErrorDetails {
  /** What was received, as text. */
  readonly got?: string | undefined;
  /** What to change, as a sentence. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Base of all errors of this library. The message reads `{op}: {rule}. Got {got}. {remedy}`, and the
 * parts stay on the object.
 */
export class RengaError extends Error {
  readonly op: string;
  readonly rule: string;
  readonly details: ErrorDetails;

  constructor(op: string, rule: string, details: ErrorDetails = {}) {
    const got = details.got === undefined ? "" : ` Got ${details.got}.`;
    const remedy = details.remedy === undefined ? "" : ` ${details.remedy}`;
    const cause = details.cause === undefined ? undefined : { cause: details.cause };
    super(`${op}: ${rule}.${got}${remedy}`, cause);
    this.name = new.target.name;
    this.op = op;
    this.rule = rule;
    this.details = details;
  }
}

/** Shapes do not fit the operation. */
export class ShapeError extends RengaError {}

/** An element type does not fit the operation. */
export class DtypeError extends RengaError {}

/** A call that cannot mean anything: wrong option, wrong order, a disposed tensor. */
export class UsageError extends RengaError {}

/** No usable GPU, a lost device, or a failure that the GPU reported later. */
export class DeviceError extends RengaError {}

/** A file or a data set that is not what it should be. */
export class DataError extends RengaError {}

/** A number in training that is NaN or infinite. `details.module` names where it came from, if known. */
export class NonFiniteError extends RengaError {}

/** A work area that cannot keep what it is given: it is full, or may not be written to. */
export class WorkspaceError extends RengaError {}

/** Another replica left, failed, did not answer, or did something else than this one. */
export class ReplicaError extends RengaError {}

/** `[2, 3]` for messages. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
