/** `bytes[from..to)` as an array of its own. Espruino's `slice` makes a plain array of numbers out of a typed one. */
export function copyBytes(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

/** Little-endian numbers. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

export function readU32(bytes: Uint8Array, offset: number): number {
  return (readU16(bytes, offset) | (readU16(bytes, offset + 2) << 16)) >>> 0;
}

/** Words as bytes, little-endian as every supported chip is. */
export function bytesOfWords(words: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(words).buffer);
}
