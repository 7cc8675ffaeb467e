/** `bytes[from..to)` as an array of its own. Espruino's `slice` makes a plain array of numbers out of a typed one. */
export function copyBytes(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}
