// The runtime inside every standalone module. tools/shaders.mjs makes a short text of this file, which
// stands behind the program; so it imports nothing but types.

import type { CopyStep, Port, Program, ProgramDType, ProgramPlan } from "./program.ts";

declare const PROGRAM: Program;

/** Numbers of a tensor, row-major. */
export type Data = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** What comes out of a run, by name. */
export type Outputs = Record<string, { data: Data; shape: readonly number[]; dtype: ProgramDType }>;

/** Where the weights come from. */
export type WeightsSource = ArrayBuffer | ArrayBufferView | Response | Blob | URL | string;

/** A forward pass with its memory. */
export interface StandaloneModel {
  readonly device: GPUDevice;
  /** Per batch size: name, dtype and shape of what goes in and comes out. */
  readonly signatures: readonly Pick<ProgramPlan, "inputs" | "outputs">[];
  run(
    inputs: Data | readonly number[] | Record<string, Data | readonly number[]>,
  ): Promise<Outputs>;
  dispose(): void;
}

type Buffer = { buffer: GPUBuffer; offset: number; size: number };

interface Prepared {
  readonly places: readonly Buffer[];
  readonly groups: readonly (GPUBindGroup | undefined)[];
  /** Buffers to read through that no run is using. */
  readonly free: GPUBuffer[];
}

const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE, COMPUTE] = [1, 4, 8, 64, 128, 4];

/** Params in storage are one buffer more. */
const MOST_BUFFERS = "maxStorageBuffersPerShaderStage";

/** Params stand apart by so many bytes, weights too. */
const SLOT = 256;

const TYPES = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array };

function fail(message: string): never {
  throw new Error(message);
}

const rounded = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, length) => n * length, 1);

async function bytesOf(source: WeightsSource | Promise<Response>): Promise<Uint8Array> {
  let given = await source;
  if (typeof given === "string" || given instanceof URL) given = await fetch(given);
  if ("arrayBuffer" in given) {
    if ("ok" in given && !given.ok) fail(`load: got status ${given.status} from ${given.url}`);
    given = await given.arrayBuffer();
  }
  const bytes = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
  const wanted = PROGRAM.weights.reduce((sum, size) => sum + rounded(size, SLOT), 0);
  if (bytes.length === wanted) return bytes;
  fail(`load: the weights must be this module's, ${wanted} bytes. Got ${bytes.length}`);
}

async function requestDevice(
  given: GPUAdapter | undefined,
): Promise<{ device: GPUDevice; info: GPUAdapterInfo }> {
  const adapter = given ?? (await globalThis.navigator?.gpu?.requestAdapter());
  if (!adapter) fail("load: WebGPU must be available. Got no adapter. Or pass { device }");
  const needed = { ...PROGRAM.limits };
  if (isLavapipe(adapter.info)) needed[MOST_BUFFERS] = (needed[MOST_BUFFERS] ?? 0) + 1;
  const requiredFeatures = PROGRAM.features as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits: needed });
  return { device, info: adapter.info };
}

/** Mesa's lavapipe makes a shader anew for every value of a uniform: params lie in storage there. */
function isLavapipe(info: GPUAdapterInfo | undefined): boolean {
  return /llvmpipe/.test(`${info?.architecture} ${info?.device} ${info?.description}`);
}

function check(device: GPUDevice): void {
  for (const [name, least] of Object.entries(PROGRAM.limits)) {
    const limit = device.limits[name as "maxBufferSize"];
    if (limit < least) fail(`load: the device's ${name} must be at least ${least}. Got ${limit}`);
  }
  for (const name of PROGRAM.features) {
    if (!device.features.has(name)) fail(`load: the device must have the feature ${name}`);
  }
}

/**
 * The forward pass on a device.
 *
 * @param weights  the file's bytes, or where they are.
 */
export async function load(
  weights: WeightsSource | Promise<Response>,
  options: { device?: GPUDevice; adapter?: GPUAdapter } = {},
): Promise<StandaloneModel> {
  const loading = bytesOf(weights);
  loading.catch(() => undefined); // it is awaited below
  const own = options.device === undefined ? await requestDevice(options.adapter) : undefined;
  const device = own?.device ?? (options.device as GPUDevice);
  const { queue } = device;
  check(device);
  const most = PROGRAM.limits[MOST_BUFFERS] ?? 0;
  const stores = isLavapipe(own?.info ?? device.adapterInfo) && device.limits[MOST_BUFFERS] > most;

  const buffers: GPUBuffer[] = [];
  const allocate = (size: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({ size, usage: usage | COPY_DST });
    buffers.push(buffer);
    return buffer;
  };

  // Deno panics at views of nothing.
  const write = (to: GPUBuffer, start: number, data: ArrayBufferView): void => {
    const { buffer, byteOffset, byteLength } = data as ArrayBufferView<ArrayBuffer>;
    if (byteLength > 0) queue.writeBuffer(to, start, buffer, byteOffset, byteLength);
  };

  const layouts = new Map<string, GPUBindGroupLayout>();
  const layoutOf = (accesses: string): GPUBindGroupLayout => {
    let layout = layouts.get(accesses);
    if (layout === undefined) {
      const types = [...accesses].map((access) =>
        access === "r" ? "read-only-storage" : "storage",
      );
      const entries = types.map((type, binding): GPUBindGroupLayoutEntry => {
        return { binding, visibility: COMPUTE, buffer: { type: type as GPUBufferBindingType } };
      });
      const type = stores ? "read-only-storage" : "uniform";
      entries.push({ binding: 16, visibility: COMPUTE, buffer: { type } });
      layout = device.createBindGroupLayout({ entries });
      layouts.set(accesses, layout);
    }
    return layout;
  };
  const modules = PROGRAM.shaders.map((text) => {
    const code = stores ? text.replace("var<uniform>", "var<storage>") : text;
    return device.createShaderModule({ code });
  });
  const compiling = PROGRAM.kernels.map(([shader, entryPoint, accesses, constants]) => {
    const layout = device.createPipelineLayout({ bindGroupLayouts: [layoutOf(accesses)] });
    const module = modules[shader] as GPUShaderModule;
    return device.createComputePipelineAsync({
      layout,
      compute: { module, entryPoint, constants },
    });
  });

  const params = allocate(PROGRAM.params.length * SLOT || SLOT, UNIFORM | STORAGE);
  PROGRAM.params.forEach((words, i) => {
    write(params, i * SLOT, Uint32Array.from(words));
  });
  const [pipelines, bytes] = await Promise.all([Promise.all(compiling), loading]);
  const file = allocate(bytes.length || SLOT, STORAGE | COPY_SRC);
  write(file, 0, bytes);
  let offset = 0;
  const constants = PROGRAM.weights.map((size): Buffer => {
    const place = { buffer: file, offset, size: rounded(size, SLOT) };
    offset += place.size;
    return place;
  });

  const at = (places: readonly Buffer[], place: number): Buffer => {
    return (place < 0 ? constants[-1 - place] : places[place]) as Buffer;
  };
  const prepared = new Map<ProgramPlan, Prepared>();
  const prepare = (plan: ProgramPlan): Prepared => {
    let made = prepared.get(plan);
    if (made === undefined) {
      const places = plan.sizes.map((size): Buffer => {
        return { buffer: allocate(size, STORAGE | COPY_SRC), offset: 0, size };
      });
      const groups = plan.steps.map((step) => {
        if (step[0] < 0) return undefined;
        const [kernel, slot, , , , ...bound] = step;
        const entries: GPUBindGroupEntry[] = bound.map((place, binding) => {
          return { binding, resource: at(places, place) };
        });
        entries.push({
          binding: 16,
          resource: { buffer: params, offset: slot * SLOT, size: SLOT },
        });
        const layout = layoutOf(PROGRAM.kernels[kernel]?.[2] as string);
        return device.createBindGroup({ layout, entries });
      });
      made = { places, groups, free: [] };
      prepared.set(plan, made);
    }
    return made;
  };
  prepare(PROGRAM.plans[0] as ProgramPlan);

  let isDisposed = false;
  return {
    device,
    signatures: PROGRAM.plans.map(({ inputs, outputs }) => ({ inputs, outputs })),
    async run(given) {
      if (isDisposed) fail("run: the model was disposed");
      const [plan, data] = choose(given);
      const { places, groups, free } = prepare(plan);
      plan.inputs.forEach(([, , , place], i) => {
        write(at(places, place).buffer, 0, data[i] as ArrayBufferView);
      });
      const encoder = device.createCommandEncoder();
      let pass: GPUComputePassEncoder | undefined;
      plan.steps.forEach((step, i) => {
        if (step[0] < 0) {
          const [, source, from, target, to, size] = step as CopyStep;
          const [a, b] = [at(places, source), at(places, target)];
          pass?.end();
          pass = undefined;
          encoder.copyBufferToBuffer(a.buffer, a.offset + from, b.buffer, b.offset + to, size);
          return;
        }
        pass ??= encoder.beginComputePass();
        pass.setPipeline(pipelines[step[0]] as GPUComputePipeline);
        pass.setBindGroup(0, groups[i] as GPUBindGroup);
        pass.dispatchWorkgroups(step[2], step[3] as number, step[4] as number);
      });
      pass?.end();
      const sizes = plan.outputs.map(([, , shape]) => 4 * sizeOf(shape));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const staging = free.pop() ?? allocate(total || 4, MAP_READ);
      let start = 0;
      plan.outputs.forEach(([, , , place], i) => {
        const { buffer, offset } = at(places, place);
        encoder.copyBufferToBuffer(buffer, offset, staging, start, sizes[i] as number);
        start += sizes[i] as number;
      });
      queue.submit([encoder.finish()]);
      await staging.mapAsync(1);
      const read = staging.getMappedRange().slice(0);
      staging.unmap();
      free.push(staging);
      start = 0;
      return Object.fromEntries(
        plan.outputs.map(([name, dtype, shape], i) => {
          const words = read.slice(start, (start += sizes[i] as number));
          const data =
            dtype === "bool" ? Uint8Array.from(new Uint32Array(words)) : new TYPES[dtype](words);
          return [name, { data, shape, dtype }];
        }),
      );
    },
    dispose() {
      isDisposed = true;
      for (const buffer of buffers) buffer.destroy();
      if (own !== undefined) device.destroy();
    },
  };
}

/** The plan whose inputs have the sizes of those given, and these as the GPU takes them. */
function choose(given: Parameters<StandaloneModel["run"]>[0]): [ProgramPlan, ArrayBufferView[]] {
  const isOne = ArrayBuffer.isView(given) || Array.isArray(given);
  const [first] = PROGRAM.plans as [ProgramPlan];
  const named = (isOne ? { [first.inputs[0]?.[0] as string]: given } : given) as Record<
    string,
    Data | readonly number[]
  >;
  const data = first.inputs.map(([name, dtype]) => {
    const value = named[name];
    const Type = TYPES[dtype];
    if (value === undefined) {
      const got = Object.keys(named).join(", ") || "nothing";
      fail(`run: the input ${name} must be given. Got ${got}`);
    }
    const isRight = value instanceof Type || Array.isArray(value);
    if (!isRight)
      fail(`run: the input ${name} must be a ${Type.name}. Got ${value.constructor.name}`);
    if (dtype === "bool") return Uint32Array.from(value, (one) => (one ? 1 : 0));
    return Array.isArray(value) ? new Type(value) : value;
  }) as Data[];
  const fits = (ports: readonly Port[]): boolean =>
    ports.every(([, , shape], i) => sizeOf(shape) === data[i]?.length);
  const plan = PROGRAM.plans.find(({ inputs }) => fits(inputs));
  if (plan !== undefined) return [plan, data];
  const texts = PROGRAM.plans.map(({ inputs }) => {
    return inputs.map(([name, , shape]) => `${name} [${shape.join(", ")}]`).join(" and ");
  });
  const got = first.inputs.map(([name], i) => `${data[i]?.length} for ${name}`).join(" and ");
  fail(`run: inputs must have the elements of ${texts.join(", or ")}. Got ${got}`);
}
