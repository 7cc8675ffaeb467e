/** Numbers that follow from a seed alone, the same in Node and on Espruino: xorshift on 32 bits. */

/** The caller's record, changed in place. `state` is never 0. */
export interface Random {
  state: number;
}

export function newRandom(seed: number): Random {
  const random = { state: (seed * 7919 + 104729) | 0 || 1 };
  for (let i = 0; i < 8; i++) below(random, 2);
  return random;
}

/** 0 .. `limit` - 1 */
export function below(random: Random, limit: number): number {
  let x = random.state;
  x ^= x << 13;
  x ^= (x >> 17) & 0x7fff;
  x ^= x << 5;
  random.state = x;
  return (x & 0x7fffffff) % limit;
}

/** `least` .. `most` */
export function between(random: Random, least: number, most: number): number {
  return least + below(random, most - least + 1);
}

/** True `n` times in a thousand. */
export function perMille(random: Random, n: number): boolean {
  return below(random, 1000) < n;
}
