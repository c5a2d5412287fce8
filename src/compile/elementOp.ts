// One elementwise dispatch of a trace, as what it computes: an expression over places in blocks.

import type { Block } from "../gpu/buffers.ts";
import type { Access, Elementwise, Scalar } from "../gpu/joints.ts";
import type { ParamValue } from "../gpu/params.ts";
import { type Command, type DispatchCommand, PlannedBlock, isDispatch } from "../gpu/trace.ts";

/** What an op reads. */
export interface Operand {
  readonly name: string;
  readonly scalar: Scalar;
  readonly access: Access;
  /** Undefined for a number. */
  readonly block: Block | undefined;
}

/** An elementwise dispatch. */
export interface ElementOp {
  readonly command: DispatchCommand;
  readonly facts: Elementwise;
  /** Elements. */
  readonly size: number;
  readonly operands: readonly Operand[];
  readonly target: Block;
  readonly place: Access;
  readonly numbers: readonly ParamValue[];
}

/** Elements of a block's tensor, where that is known. */
export function elementsOf(block: Block): number | undefined {
  return block instanceof PlannedBlock ? block.bytes / 4 : undefined;
}

/**
 * @param constants  for blocks that hold one value throughout, its bits: no memory is read for them.
 * @returns undefined if the command is not elementwise.
 */
export function elementOp(
  command: Command,
  constants: ReadonlyMap<Block, ParamValue>,
): ElementOp | undefined {
  if (!isDispatch(command)) return undefined;
  const { elementwise } = command.kernel.options;
  if (elementwise === undefined) return undefined;
  const { size, isInVectors, operands, result, numbers = [] } = elementwise.places(command.params);
  const target = command.blocks[result.binding] as Block;
  const exact = isInVectors ? elementsOf(target) : size;
  if (isInVectors && (exact ?? size) <= size - 4) return undefined;
  return {
    command,
    facts: elementwise,
    size: exact ?? size,
    operands: operands.map(({ binding, access }, i): Operand => {
      const { name, scalar } = elementwise.operands[i] as Elementwise["operands"][number];
      const block = command.blocks[binding] as Block;
      const word = access.kind === "number" ? access.word : constants.get(block);
      return word === undefined
        ? { name, scalar, access, block }
        : { name, scalar, access: { kind: "number", word }, block: undefined };
    }),
    target,
    place: result.access,
    numbers,
  };
}
