// Broadcasting of shapes as ONNX has it.

/** The shape that two broadcast to. */
export function expandedShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [mine, other] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    return other === 1 ? mine : other;
  });
}
