// Joins commands of a trace into fewer: chains of elementwise ones, and chains with the product or
// convolution that they start from, or the reduction that they end in.

import { Kernel } from "../gpu/kernel.ts";
import { EPILOGUE } from "../gpu/joints.ts";
import type { ShaderSource } from "../gpu/shaderSource.ts";
import { type Command, type DispatchCommand, isDispatch } from "../gpu/trace.ts";
import { gridOf } from "../ops/dispatch.ts";
import { fused } from "../shaders/fused.ts";
import { Cluster, type Plan, type Sources } from "./cluster.ts";
import type { ElementOp } from "./elementOp.ts";
import { Graph, type Uses } from "./graph.ts";
import { usesOf } from "./plan.ts";

/** What a command reads and writes; the result of elementwise ones and hosts is written only. */
function preciseUses(command: Command, op: ElementOp | undefined): Uses {
  if (op !== undefined) {
    return { reads: op.operands.flatMap(({ block }) => block ?? []), writes: [op.target] };
  }
  const { reads, writes } = usesOf(command);
  const output = isDispatch(command) ? command.kernel.options.epilogue?.output : undefined;
  return { reads: reads.filter((_, i) => i !== output), writes };
}

/**
 * Fewer commands that do the same.
 *
 * @param ops      what each command computes, for elementwise ones.
 * @param results  blocks that are read afterwards.
 */
export function fuse(
  commands: readonly Command[],
  ops: readonly (ElementOp | undefined)[],
  results: Sources["results"],
): Command[] {
  const graph = new Graph(commands, (command, i) => preciseUses(command, ops[i]));
  const clusters = new Clusters({ commands, ops, graph, results });
  commands.forEach((_, i) => {
    if (ops[i] !== undefined) clusters.grow(i);
  });
  // Chains are whole before what they may end in takes them.
  commands.forEach((_, i) => {
    if (ops[i] === undefined) clusters.grow(i);
  });
  return clusters.inOrder().map((cluster) => commandOf(cluster, commands));
}

/** A partition of the commands. */
class Clusters {
  readonly #sources: Sources;
  readonly #of: Cluster[];
  /** The commands that each one waits for. */
  readonly #before: number[][];

  constructor(sources: Sources) {
    this.#sources = sources;
    const { commands, graph } = sources;
    this.#of = commands.map((_, i) => new Cluster(sources, [i]));
    this.#before = commands.map(() => []);
    commands.forEach((_, i) => {
      for (const to of graph.after(i).keys()) this.#before[to]?.push(i);
    });
  }

  /** Joins the cluster of a command with those of what it reads, the latest first. */
  grow(index: number): void {
    const before = [...(this.#before[index] as number[])].sort((a, b) => b - a);
    for (const from of before) {
      const [mine, other] = [this.#of[index] as Cluster, this.#of[from] as Cluster];
      if (mine === other) continue;
      const joined = new Cluster(this.#sources, [...mine.members, ...other.members]);
      if (!joined.isPossible || this.#leadsBack(joined)) continue;
      for (const i of joined.members) this.#of[i] = joined;
    }
  }

  /** Whether something outside has to come after one member and before another. */
  #leadsBack(joined: Cluster): boolean {
    const horizon = this.#horizonOf(joined);
    const seen = new Set<number>();
    const open = [...joined.members];
    while (open.length > 0) {
      for (const to of this.#sources.graph.after(open.pop() as number).keys()) {
        if (to > horizon || joined.has(to) || seen.has(to)) continue;
        const { members } = this.#of[to] as Cluster;
        for (const i of members) {
          seen.add(i);
          open.push(i);
          for (const after of this.#sources.graph.after(i).keys())
            if (joined.has(after)) return true;
        }
      }
    }
    return false;
  }

  /**
   * The command behind which nothing leads back to a cluster: what comes before it or is joined with
   * that lies before it too, and later commands wait for earlier ones only.
   */
  #horizonOf(joined: Cluster): number {
    let horizon = joined.members.at(-1) as number;
    for (let i = 0; i <= horizon; i++) {
      horizon = Math.max(horizon, (this.#of[i] as Cluster).members.at(-1) as number);
    }
    return horizon;
  }

  /** Each cluster once, after all that it waits for, otherwise by its host or its last command. */
  inOrder(): Cluster[] {
    const ordered: Cluster[] = [];
    const done = new Set<Cluster>();
    const visit = (cluster: Cluster): void => {
      if (done.has(cluster)) return;
      done.add(cluster);
      for (const i of cluster.members) {
        for (const from of this.#before[i] as number[]) visit(this.#of[from] as Cluster);
      }
      ordered.push(cluster);
    };
    this.#of.forEach((cluster, i) => {
      if ((cluster.host?.index ?? cluster.members.at(-1)) === i) visit(cluster);
    });
    return ordered;
  }
}

function commandOf(cluster: Cluster, commands: readonly Command[]): Command {
  const [first] = cluster.members;
  if (cluster.members.length === 1) return commands[first as number] as Command;
  const plan = cluster.plan as Plan;
  return cluster.host === undefined ? alone(cluster, plan) : within(cluster.host, cluster, plan);
}

const namesOf = (cluster: Cluster): string => cluster.ops.map(({ facts }) => facts.name).join(" ");

function alone(cluster: Cluster, { lanes, woven }: Plan): DispatchCommand {
  const { text, body, bindings, params, values, blocks } = woven;
  const shader: ShaderSource = {
    ...fused,
    bindings,
    params: [...fused.params.slice(0, 1), ...params],
  };
  const threads = Math.ceil((cluster.ops[0]?.size ?? 0) / lanes);
  const [x, y] = gridOf(threads);
  const isWhole = x * y * 64 === threads;
  const sizes = `const LANES = ${lanes}u; const WHOLE = ${isWhole};`;
  const prelude = `${sizes}\n${text}\nfn fused(at: u32, i: u32) {\n${body}\n}`;
  const kernel = new Kernel({ shader, prelude, variant: namesOf(cluster) });
  return { kernel, blocks, params: [threads, ...values], grid: [x, y, 1] };
}

/** The host's kernel with the chain in its epilogue or prologue. */
function within(
  { command, isLast, binding }: NonNullable<Cluster["host"]>,
  cluster: Cluster,
  { lanes, woven, block: bound }: Plan,
): DispatchCommand {
  const { options } = command.kernel;
  const { shader, prelude: given = "", variant = "", epilogue: _, prologue: __, ...rest } = options;
  const { text, body, result } = woven;
  const head = isLast
    ? `fn prologue(i: u32) -> In {\n  let at = i * ${lanes}u;`
    : `fn epilogue(at: u32, v: Lanes) -> Lanes {\n  let i = at / ${lanes}u;`;
  const chain = `${text}\n${head}\n${body}\n  return ${result};\n}`;
  const names = namesOf(cluster);
  const kernel = new Kernel({
    ...rest,
    shader: widened(isLast ? withoutPrologue(shader) : shader, woven),
    prelude: isLast ? `${given}\n${chain}` : given.replace(EPILOGUE, () => chain),
    variant: isLast ? `${names} + ${variant}` : `${variant} + ${names}`,
  });
  const blocks = command.blocks.map((block, i) => (i === binding ? (bound ?? block) : block));
  const params = [...command.params, ...woven.values];
  return { ...command, kernel, blocks: [...blocks, ...woven.blocks], params };
}

const withoutPrologue = (shader: ShaderSource): ShaderSource => {
  return { ...shader, code: shader.code.replace(/fn prologue[^}]*\}/, "") };
};

/** The shader with the chain's bindings and the words of its params. */
function widened(shader: ShaderSource, { bindings, params }: Plan["woven"]): ShaderSource {
  const words = `words: array<vec4<u32>, ${Math.ceil(params.length / 4)}>`;
  const code =
    params.length === 0
      ? shader.code
      : shader.code.replace(/(struct\s+Params\s*\{[^}]*?),?\s*\}/, `$1,\n  ${words},\n}`);
  const all = [...shader.bindings, ...bindings];
  return { ...shader, code, bindings: all, params: [...shader.params, ...params] };
}
