// Commands that become one: elementwise ones, and at most one other, whose result they start from or
// whose operand they end in.

import type { Block } from "../gpu/buffers.ts";
import { type ParamValue, isLate } from "../gpu/params.ts";
import { type Command, type DispatchCommand, PlannedBlock, isDispatch } from "../gpu/trace.ts";
import { type ElementOp, elementsOf } from "./elementOp.ts";
import type { Graph, Reason } from "./graph.ts";
import { type Place, type Woven, fitsVectors, weave } from "./weave.ts";

/** Bytes of params that a dispatch can have. */
const PARAMS_BYTES = 256;

/** Words of `fused.wgsl` start behind its size, where vectors may start. */
const FUSED_WORDS = 16;

/** What clusters are made of. */
export interface Sources {
  readonly commands: readonly Command[];
  readonly ops: readonly (ElementOp | undefined)[];
  readonly graph: Graph;
  /** Blocks that are read after all commands. */
  readonly results: ReadonlySet<Block>;
}

/** A command whose values can go through a chain before they are stored, or as they are read. */
interface Host {
  readonly index: number;
  readonly command: DispatchCommand;
  readonly lanes: 1 | 4;
  /** The binding where the chain starts, or ends if the host comes last. */
  readonly binding: number;
  readonly block: Block;
  readonly isLast: boolean;
}

/** A cluster with the kernel it will be. */
export interface Plan {
  readonly lanes: 1 | 4;
  readonly woven: Woven;
  /** What the host's binding holds instead. */
  readonly block?: Block;
}

export class Cluster {
  readonly #sources: Sources;
  /** Indices of commands, ascending. */
  readonly members: readonly number[];
  readonly #set: ReadonlySet<number>;
  readonly host: Host | undefined;
  #plan: Plan | undefined | null = null;

  constructor(sources: Sources, members: readonly number[]) {
    this.#sources = sources;
    this.members = [...members].sort((a, b) => a - b);
    this.#set = new Set(members);
    this.host = this.#findHost();
  }

  has(index: number): boolean {
    return this.#set.has(index);
  }

  /** The ops in order. */
  get ops(): readonly ElementOp[] {
    return this.members.flatMap((i) => this.#sources.ops[i] ?? []);
  }

  /** Whether the members can run as one, as far as they themselves and the device go. */
  get isPossible(): boolean {
    const { ops } = this.#sources;
    const others = this.members.filter((i) => ops[i] === undefined);
    if (others.length > (this.host === undefined ? 0 : 1)) return false;
    const size = this.host === undefined ? this.ops[0]?.size : elementsOf(this.host.block);
    if (!this.ops.every((op) => op.size === size)) return false;
    return this.#keepsOrder() && this.plan !== undefined;
  }

  /** Undefined if the device cannot run it. */
  get plan(): Plan | undefined {
    if (this.#plan === null)
      this.#plan = this.host === undefined ? this.#alone() : this.#within(this.host);
    return this.#plan;
  }

  #findHost(): Host | undefined {
    const index = this.members.find((i) => this.#sources.ops[i] === undefined);
    if (index === undefined) return undefined;
    const command = this.#sources.commands[index] as Command;
    if (!isDispatch(command)) return undefined;
    const { epilogue, prologue } = command.kernel.options;
    const { lanes = prologue, output: binding = 0 } = epilogue ?? {};
    if (lanes === undefined) return undefined;
    const block = command.blocks[binding] as Block;
    const isLast = epilogue === undefined;
    if (isLast && !isAll(command, lanes, block)) return undefined;
    return { index, command, lanes, binding, block, isLast };
  }

  /** Whether every element needs only what the same thread has made of it. */
  #keepsOrder(): boolean {
    const { graph } = this.#sources;
    return this.members.every((from) => {
      return [...graph.after(from)].every(([to, reasons]) => {
        return !this.#set.has(to) || reasons.every((reason) => this.#isInStep(from, to, reason));
      });
    });
  }

  #isInStep(from: number, to: number, { kind, earlier, later }: Reason): boolean {
    const { ops } = this.#sources;
    const isLast = this.host?.isLast === true;
    const [first, second] = [ops[from], ops[to]];
    if (earlier !== later) return false;
    if (second === undefined) return isLast && kind === "value" && isPlain(first as ElementOp);
    if (kind === "overwrite") {
      if (first === undefined || first.target === later) return false;
      return reads(first, earlier, second);
    }
    if (first === undefined) return !isLast && readsFlat(second, later, 0);
    return first.place.kind === "flat" && readsFlat(second, later, first.place.offset);
  }

  /** Whether an op's result is needed by others. */
  #isStored(index: number): boolean {
    const { graph, results, ops } = this.#sources;
    const target = ops[index]?.target ?? this.host?.block;
    if (target === undefined || !(target instanceof PlannedBlock) || results.has(target))
      return true;
    // A host may have results beside the one that goes on.
    return [...graph.after(index)].some(([to, reasons]) => {
      const isRead = reasons.some(({ kind, earlier }) => kind === "value" && earlier === target);
      return isRead && !this.#set.has(to);
    });
  }

  #alone(): Plan | undefined {
    const { ops } = this;
    const isStored = this.members.map((i) => this.#isStored(i));
    const chain = { ops, isStored, returned: -1 };
    const size = ops[0]?.size ?? 0;
    // The last vector may reach beyond the result only where nobody else's memory lies.
    const isWhole =
      size % 4 === 0 || ops.every((op, i) => !isStored[i] || op.target instanceof PlannedBlock);
    const lanes = size >= 4 && isWhole && fitsVectors(ops) ? 4 : 1;
    const woven = weave(chain, { lanes, bindings: 0, from: FUSED_WORDS, to: PARAMS_BYTES });
    return woven && { lanes, woven };
  }

  #within({ index, command, lanes, binding, block: given, isLast }: Host): Plan | undefined {
    const { ops } = this;
    const size = elementsOf(given);
    if (size === undefined) return undefined;
    if (lanes === 4 && (size % 4 !== 0 || !fitsVectors(ops))) return undefined;
    const isStored = this.members.flatMap((i) => (i === index ? [] : [this.#isStored(i)]));
    const others = command.blocks.flatMap((block, i) => {
      const isWritten = command.kernel.shader.bindings[i]?.access !== "read";
      return i === binding ? [] : [{ block, isWritten }];
    });
    const { bindings, params } = command.kernel.shader;
    const end = (params.at(-1)?.offset ?? -4) + 4 * wordsOf(command.params.at(-1) ?? 0);
    const place: Place = {
      lanes,
      bindings: bindings.length,
      from: 16 * Math.ceil(end / 16),
      to: PARAMS_BYTES,
      given: { block: isLast ? undefined : given, others },
    };
    const candidates = isLast
      ? [ops.findLastIndex(({ target }) => target === given)]
      : this.#isStored(index)
        ? [-1]
        : returnable(ops, isStored);
    for (const returned of candidates) {
      const woven = weave({ ops, isStored, returned }, place);
      // Something has to be bound where nothing is read any more.
      const block = isLast
        ? woven?.blocks.find((_, i) => woven.bindings[i]?.access === "read")
        : (ops[returned]?.target ?? given);
      if (woven && block) return { lanes, woven, block };
    }
    return undefined;
  }
}

/** Words of a member of the params; of a late one as many as there can be. */
function wordsOf(value: ParamValue): number {
  if (typeof value === "number") return 1;
  return isLate(value) ? PARAMS_BYTES / 4 : value.length;
}

/** Whether a host that comes last reads all of its operand. */
function isAll({ params }: DispatchCommand, lanes: number, block: Block): boolean {
  const [a, b, c, start] = params as readonly number[] as [number, number, number, number];
  return start === 0 && lanes * a * b * c === elementsOf(block);
}

/** Whether an op's elements lie in its target one by one. */
const isPlain = ({ place }: ElementOp): boolean => place.kind === "flat" && place.offset === 0;

/** Ops whose value the host may store in place of its own, then none. */
function returnable(ops: readonly ElementOp[], isStored: readonly boolean[]): number[] {
  const found = ops.flatMap((op, i) => {
    return isStored[i] === true && isPlain(op) && op.facts.result === "f32" ? [i] : [];
  });
  return [...found, -1];
}

function readsFlat({ operands }: ElementOp, block: Block, offset: number): boolean {
  return operands.every((operand) => {
    const { access } = operand;
    return operand.block !== block || (access.kind === "flat" && access.offset === offset);
  });
}

/** Whether `first` reads of the block only what `second` then overwrites in the same thread. */
function reads(first: ElementOp, block: Block, { place }: ElementOp): boolean {
  return place.kind === "flat" && readsFlat(first, block, place.offset);
}
