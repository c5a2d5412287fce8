// Who frees tensors: the innermost scope, an explicit dispose, or, outside scopes, the garbage
// collector.

import { UsageError } from "../errors.ts";

/** A tensor, as far as its lifetime goes. */
export interface Disposable {
  dispose(): void;
  readonly isDisposed: boolean;
}

/** A running scope and the tensors it will free. */
interface Scope {
  readonly parent: Scope | undefined;
  owned: Disposable[];
  /** Open tapes that may still need what inner scopes made. */
  tapes: number;
  /** Whether nothing that inner scopes made is needed outside. */
  readonly isClosed: boolean;
}

let current: Scope | undefined;
let rootTapes = 0;

/** The scope's list for a new tensor, or undefined outside all scopes. */
export function scopeOwned(): Disposable[] | undefined {
  return current?.owned;
}

/**
 * Runs `body` and frees every tensor made in it, except those it returns (alone, or in arrays,
 * plain objects and maps) and variables. Under an open tape, what the tape may need lives on until
 * the scope around the tape ends.
 *
 * @throws {UsageError} if `body` is asynchronous: two of them would mix up their tensors.
 */
export function scope<T>(body: () => T): T {
  return enter(body, false);
}

/** As `scope`, and frees what tapes around it would have kept: for ops that none of them records. */
export function closedScope<T>(body: () => T): T {
  return enter(body, true);
}

function enter<T>(body: () => T, isClosed: boolean): T {
  const mine: Scope = { parent: current, owned: [], tapes: 0, isClosed };
  current = mine;
  let result: T;
  try {
    result = body();
  } catch (error) {
    current = mine.parent;
    freeAll(mine.owned);
    throw error;
  }
  current = mine.parent;
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new UsageError("scope", "the function must not be async", {
      remedy: "Make tensors in scope(), return them, and await their data() outside.",
    });
  }
  const kept = collect(result, new Set());
  const heir = heirOf(mine);
  const leftovers: Disposable[] = [];
  for (const tensor of mine.owned) {
    if (kept.has(tensor)) adopt(tensor, mine.parent);
    else if (heir !== undefined) adopt(tensor, heir.scope);
    else leftovers.push(tensor);
  }
  freeAll(leftovers);
  return result;
}

/** A tape opens: inner scopes hand their tensors on until it closes. Returns what closes it. */
export function holdForTape(): () => void {
  const mine = current;
  if (mine === undefined) rootTapes++;
  else mine.tapes++;
  return () => {
    if (mine === undefined) rootTapes--;
    else mine.tapes--;
  };
}

/** How a tensor without a scope is registered; set by the tensor module. */
let finalize: (tensor: Disposable) => void = () => undefined;

export function onAdoptedByRoot(register: (tensor: Disposable) => void): void {
  finalize = register;
}

function adopt(tensor: Disposable, scope: Scope | undefined): void {
  if (tensor.isDisposed) return;
  if (scope === undefined) finalize(tensor);
  else scope.owned.push(tensor);
}

/** The nearest enclosing scope, itself left out, with an open tape. */
function heirOf(scope: Scope): { scope: Scope | undefined } | undefined {
  if (scope.isClosed) return undefined;
  for (let outer = scope.parent; outer !== undefined; outer = outer.parent) {
    if (outer.tapes > 0) return { scope: outer };
    if (outer.isClosed) return undefined;
  }
  return rootTapes > 0 ? { scope: undefined } : undefined;
}

/** Frees in reverse: the next step then meets the same buffers in the same places. */
function freeAll(tensors: Disposable[]): void {
  for (let i = tensors.length - 1; i >= 0; i--) (tensors[i] as Disposable).dispose();
}

function collect(value: unknown, into: Set<unknown>): Set<unknown> {
  if (value === null || typeof value !== "object" || into.has(value)) return into;
  into.add(value);
  if ("isDisposed" in value || ArrayBuffer.isView(value)) return into;
  const items = value instanceof Map ? value.values() : Object.values(value);
  for (const item of items) collect(item, into);
  return into;
}
