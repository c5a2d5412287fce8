// Bind groups, made once for each combination of layout and blocks.

import type { Block } from "./buffers.ts";
import type { StorageLayout } from "./kernel.ts";
import { PARAMS_BINDING, SLOT_BYTES } from "./params.ts";

/** Groups kept before a cache starts anew. */
const MAX_GROUPS = 8192;

/** Bind groups by block id, one level per binding. */
type GroupTree = Map<number, GroupTree | GPUBindGroup>;

/** The groups that bind slots of one buffer of params. */
export class BindGroups {
  readonly #device: GPUDevice;
  readonly #params: GPUBuffer;
  /** By the number of the layout. */
  #trees: GroupTree[] = [];
  #count = 0;

  constructor(device: GPUDevice, params: GPUBuffer) {
    this.#device = device;
    this.#params = params;
  }

  /** The group that binds these blocks in order, and params at an offset that is set with it. */
  get(layout: StorageLayout, blocks: readonly Block[]): GPUBindGroup {
    let tree = (this.#trees[layout.number] ??= new Map());
    const last = blocks.length - 1;
    for (let i = 0; i < last; i++) {
      const { id } = blocks[i] as Block;
      let next = tree.get(id) as GroupTree | undefined;
      if (next === undefined) tree.set(id, (next = new Map()));
      tree = next;
    }
    const { id } = blocks[last] as Block;
    const cached = tree.get(id) as GPUBindGroup | undefined;
    if (cached !== undefined) return cached;
    if (++this.#count > MAX_GROUPS) {
      this.clear();
      return this.get(layout, blocks);
    }
    const group = this.#make(layout, blocks);
    tree.set(id, group);
    return group;
  }

  /** Forgets all groups, for when a buffer is about to be destroyed. */
  clear(): void {
    this.#trees = [];
    this.#count = 0;
  }

  #make(layout: StorageLayout, blocks: readonly Block[]): GPUBindGroup {
    const entries = blocks.map(({ buffer, offset, size }, binding): GPUBindGroupEntry => {
      return { binding, resource: { buffer, offset, size } };
    });
    const resource = { buffer: this.#params, size: SLOT_BYTES };
    entries.push({ binding: PARAMS_BINDING, resource });
    return this.#device.createBindGroup({ layout: layout.layout, entries });
  }
}
