/** A small seeded generator (sfc32 by Chris Doty-Humphrey): one seed repeats a whole world. Not for keys. */
export interface Random {
  /** 0 <= x < 1. */
  next(): number;
  /** 0 <= x < n, an integer. */
  int(n: number): number;
  bytes(count: number): Uint8Array;
  /** A generator of its own: what it is asked for later does not change what this one gives. */
  fork(): Random;
}

export function createRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 0x1_0000_0000) >>> 0;
  let c = 0x9e3779b9;
  let count = 1;
  for (let round = 0; round < 12; round++) word();

  function word(): number {
    const sum = (a + b + count) >>> 0;
    count = (count + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  }

  return {
    next: () => word() / 0x1_0000_0000,
    int: (n) => Math.floor((word() / 0x1_0000_0000) * n),
    bytes: (length) => Uint8Array.from({ length }, () => word() & 0xff),
    fork: () => createRandom(word() * 0x20_0000 + (word() & 0x1f_ffff)),
  };
}
