// One end of a channel of messages, whichever host it is from: a worker, the inside of one, a port.

/** A `Worker` or `MessagePort` of browsers, Deno or Node, or the global scope inside a worker. */
export interface MessageEnd {
  postMessage(message: unknown, transfer?: never[]): void;
  addEventListener?(type: string, listener: (event: Event) => void): void;
  /** Node's way. */
  on?(type: string, listener: (value: never) => void): unknown;
  /** Ports of browsers wait for it. */
  start?(): void;
  terminate?(): unknown;
  close?(): unknown;
}

/** Calls back for each message, and once the other end has failed. */
export function listen(
  end: MessageEnd,
  onMessage: (message: unknown) => void,
  onFailure?: (cause: unknown) => void,
): void {
  if (end.addEventListener !== undefined) {
    end.addEventListener("message", (event) => onMessage((event as MessageEvent).data));
  } else {
    end.on?.("message", onMessage);
  }
  if (onFailure !== undefined) listenForFailure(end, onFailure);
  end.start?.();
}

function listenForFailure(end: MessageEnd, onFailure: (cause: unknown) => void): void {
  if (end.addEventListener !== undefined) {
    end.addEventListener("messageerror", onFailure);
    end.addEventListener("error", (event) => {
      event.preventDefault();
      const { error, message } = event as ErrorEvent;
      onFailure((error as unknown) ?? message);
    });
    return;
  }
  end.on?.("messageerror", onFailure);
  end.on?.("error", onFailure);
  end.on?.("exit", (code) => onFailure(`exit code ${String(code)}`));
}

/** The memory of typed arrays and buffers in a value, which can go over instead of being copied. */
export function transferablesOf(
  value: unknown,
  found: Set<ArrayBuffer> = new Set(),
): ArrayBuffer[] {
  if (value instanceof ArrayBuffer) found.add(value);
  else if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) transferablesOf(inner, found);
  }
  return [...found];
}
