// What pads have in common: things to touch that ask the network while it learns.

/** Asks the network; null where it cannot answer yet. */
export type Ask = (question: Float32Array) => Promise<Float32Array | null>;

/** A pad of a page. */
export interface Pad {
  readonly root: HTMLElement;
  /** The network has learnt more. */
  refresh(): void;
}

/** Asks one question at a time; of those that come meanwhile the newest is asked next. */
export class Asker {
  readonly #ask: Ask;
  readonly #show: (answer: Float32Array) => void;
  #next: Float32Array | undefined;
  #isAsking = false;

  constructor(ask: Ask, show: (answer: Float32Array) => void) {
    this.#ask = ask;
    this.#show = show;
  }

  async about(question: Float32Array): Promise<void> {
    this.#next = question;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#next !== undefined) {
      const asked: Float32Array = this.#next;
      this.#next = undefined;
      const answer = await this.#ask(asked);
      if (answer !== null) this.#show(answer);
    }
    this.#isAsking = false;
  }
}

/** An element with attributes and children. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A canvas of pixels between 0 and 1. */
export function paintGray(canvas: HTMLCanvasElement, pixels: Float32Array): void {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(canvas.width, canvas.height);
  pixels.forEach((value, i) => {
    image.data.fill(255 * value, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

/** How far an arrow key moves, right and down. */
export function arrowOf(key: string): readonly [number, number] | undefined {
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  return ways[key];
}
