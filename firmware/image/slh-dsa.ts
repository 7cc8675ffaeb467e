/**
 * SLH-DSA-SHA2-128s signature verification: FIPS 205, pure mode, empty context. In steps, for an interpreter.
 *
 *   public key 32 bytes   PK.seed(16) | PK.root(16)
 *   signature 7856 bytes  R(16) | FORS: 14 x (secret(16) | 12 nodes) | 7 layers of XMSS: 35 chain values | 9 nodes
 *   n = 16, h = 63, d = 7, h' = 9, a = 12, k = 14, lg w = 4, m = 30, len = 32 + 3             (table 2)
 *
 *   M'     = 0x00 | 0x00 | M                                                                  (algorithm 24)
 *   digest = MGF1(R | PK.seed | SHA-256(R | PK.seed | PK.root | M'), 30), one block here:
 *            SHA-256(R | PK.seed | SHA-256(...) | u32 0), cut to md(21) | tree(7) | leaf(2)   (section 11.2.1, algorithm 20)
 *   F, H, T(ADRS, x) = SHA-256(PK.seed | 48 zeros | ADRS(22) | x), first 16 bytes             (section 11.2.1)
 *   ADRS   = layer u8 | tree u64 | type u8 | key pair u32 | chain or height u32 | hash or index u32, big-endian
 *
 * All of it is hashed in one buffer, `block`: head (PK.seed, zeros, ADRS) | 35 slots of 16 bytes. Chains and leaves are worked on
 * in slot 0, pairs of nodes in slots 0 and 1; what T compresses is put into the other slots meanwhile.
 * Free memory is collected about every hundred hashes: digests fragment the interpreter's free list, and without that every
 * further hash takes longer than the one before.
 */

/** What differs between the chip and a host: firmware/platform/slh-tools.ts, virtual-board/slh-tools.ts. */
export interface SlhTools {
  /** SHA-256, all 32 bytes, in a form that `Uint8Array.set` takes. */
  sha256(data: Uint8Array): ArrayLike<number>;
  /**
   * SHA-256 again, for the two thousand short hashes. Only the first 16 bytes are used: a host gives 16, because its
   * `Uint8Array.set` refuses more than fits; the chip gives 32, because its `set` stops at the end of a view and cutting costs time.
   */
  hash(data: Uint8Array): ArrayLike<number>;
  /** A function that gives bytes of `text`, in a form that `Uint8Array.set` takes. */
  bytesOf(text: string): (offset: number, length: number) => ArrayLike<number>;
  /** Splits `from` into numbers of `bits` bits, most significant bit first, into the start of `to`. */
  digits(from: Uint8Array, to: Uint8Array | Uint16Array, bits: number): void;
  sum(values: Uint8Array): number;
  /** Collects free memory. */
  collect(): void;
}

export const VERIFY_GO_ON = 0;
export const VERIFY_GENUINE = 1;
export const VERIFY_REFUSED = 2;

export interface Verifying {
  /** Works on for a few dozen hashes. VERIFY_GO_ON, then for ever VERIFY_GENUINE or VERIFY_REFUSED. Never throws. */
  step(): number;
}

const SIGNATURE_BYTES = 7856;
/** Bytes of PK.seed, zeros and ADRS; then where the fields of ADRS are. */
const HEAD = 86;
const LAYER = 64;
/** Seven of the eight bytes: a tree has 54 bits. */
const TREE = 66;
const TYPE = 73;
/** Lower half: key pairs are below 512. */
const KEY_PAIR = 76;
/** Last byte of the third field: chains and heights are below 256. */
const CHAIN = 81;
/** Lower half of the last field: indices are below 65536. */
const INDEX = 84;
const STEP_IN_CHAIN = 85;
/** Types of ADRS. */
const WOTS_HASH = 0;
const WOTS_KEY = 1;
const NODE = 2;
const FORS_NODE = 3;
const FORS_ROOTS = 4;
const FORS_TREES = 14;
const CHAINS = 35;
const LAYERS = 7;
/** Chains in a step: 5 x 15 hashes at most. A FORS tree has 13. */
const CHAINS_A_STEP = 5;
const STEPS_BETWEEN_COLLECTIONS = 3;

/**
 * Algorithm 5 for the chains below `next` down to `end`: from the signature's value (chain 0 at `at`) to the end of the chain, into its slot.
 * The hot loop: all it needs are its own arguments, which the interpreter finds at once.
 */
function finishChains(
  next: number, end: number, at: number, digits: ArrayLike<number>, block: Uint8Array, leaf: Uint8Array, left: Uint8Array,
  hash: SlhTools['hash'], setLeft: (bytes: ArrayLike<number>) => void, take: (offset: number, length: number) => ArrayLike<number>,
): void {
  while (next > end) {
    block[CHAIN] = --next;
    setLeft(take(at + 16 * next, 16));
    for (let from = digits[next]!; from < 15; setLeft(hash(leaf))) leaf[STEP_IN_CHAIN] = from++;
    if (next) block.set(left, HEAD + 16 * next);
  }
}

/**
 * Starts to verify `signature` (a string of 7856 characters 0..255, read in place) over `message` with `publicKey` (32 bytes).
 * Wrong lengths, and whatever throws on the way, are refusals.
 */
export function startVerify(publicKey: Uint8Array, message: Uint8Array, signature: string, tools: SlhTools): Verifying {
  const block = new Uint8Array(HEAD + CHAINS * 16);
  const leaf = new Uint8Array(block.buffer, 0, HEAD + 16);
  const pair = new Uint8Array(block.buffer, 0, HEAD + 32);
  const left = new Uint8Array(block.buffer, HEAD, 16);
  const right = new Uint8Array(block.buffer, HEAD + 16, 16);
  const setLeft = left.set.bind(left);
  const setRight = right.set.bind(right);
  const hash = tools.hash;
  const take = tools.bytesOf(signature);
  /** Where the FORS tree, or the layer, that comes next begins in the signature. */
  let at = 16;
  /** -2: nothing done, -1: FORS, 0 to 6: layer of the hypertree. */
  let layer = -2;
  /** FORS trees done, then chains to do. */
  let next = 0;
  /** FORS indices, then the chain digits of the layer. */
  let digits: Uint8Array | Uint16Array = new Uint16Array(FORS_TREES);
  let keyPair = 0;
  let steps = 0;
  let result = publicKey.length === 32 && signature.length === SIGNATURE_BYTES ? VERIFY_GO_ON : VERIFY_REFUSED;

  function setAddress(type: number, pairOrZero: number, index: number): void {
    block[TYPE] = type;
    block[KEY_PAIR] = pairOrZero >> 8;
    block[KEY_PAIR + 1] = pairOrZero;
    block[CHAIN] = 0;
    block[INDEX] = index >> 8;
    block[INDEX + 1] = index;
  }

  /** From node `index` up `height` levels, beside the nodes of the signature (algorithms 11 and 17). Gives the root. */
  function climb(node: ArrayLike<number>, index: number, height: number): ArrayLike<number> {
    for (let level = 1; level <= height; level++) {
      if (index & 1) {
        setRight(node);
        setLeft(take(at, 16));
      } else {
        setLeft(node);
        setRight(take(at, 16));
      }
      index >>= 1;
      block[CHAIN] = level;
      block[INDEX] = index >> 8;
      block[INDEX + 1] = index;
      node = hash(pair);
      at += 16;
    }
    return node;
  }

  /** The message digest: FORS indices, tree and key pair in it. */
  function begin(): void {
    const inner = new Uint8Array(50 + message.length);
    inner.set(take(0, 16), 0);
    inner.set(publicKey, 16);
    inner.set(message, 50);
    const outer = new Uint8Array(68);
    outer.set(inner.subarray(0, 32), 0);
    outer.set(tools.sha256(inner), 32);
    outer.set(tools.sha256(outer), 0);
    tools.digits(outer, digits, 12);
    keyPair = ((outer[28]! & 1) << 8) | outer[29]!;
    block.set(publicKey.subarray(0, 16), 0);
    block.set(outer.subarray(21, 28), TREE);
    block[TREE]! &= 0x3f;
  }

  /** Signs `root` with the next layer: its message digits and checksum (algorithm 8), and its place in the tree above. */
  function beginLayer(root: ArrayLike<number>): void {
    setLeft(root);
    digits = new Uint8Array(CHAINS);
    tools.digits(left, digits, 4);
    const checksum = 32 * 15 - tools.sum(digits);
    digits[32] = checksum >> 8;
    digits[33] = (checksum >> 4) & 15;
    digits[34] = checksum & 15;
    block[LAYER] = ++layer;
    if (layer) {
      keyPair = ((block[TREE + 5]! & 1) << 8) | block[TREE + 6]!;
      for (let i = TREE + 6; i > TREE; i--) block[i] = (block[i - 1]! >> 1) | (block[i - 2]! << 7);
      block[TREE] = 0;
    }
    setAddress(WOTS_HASH, keyPair, 0);
    next = CHAINS;
  }

  /** One FORS tree, some chains, or what ends FORS or a layer. */
  function turn(): void {
    if (++steps % STEPS_BETWEEN_COLLECTIONS === 0) tools.collect();
    if (layer < -1) {
      begin();
      layer = -1;
    } else if (layer < 0 && next < FORS_TREES) {
      const index = next * 4096 + digits[next]!;
      setAddress(FORS_NODE, keyPair, index);
      setLeft(take(at, 16));
      at += 16;
      block.set(climb(hash(leaf), index, 12), HEAD + 16 * (2 + next++));
    } else if (layer < 0) {
      setAddress(FORS_ROOTS, keyPair, 0);
      block.set(new Uint8Array(block.buffer, HEAD + 32, FORS_TREES * 16), HEAD);
      beginLayer(hash(new Uint8Array(block.buffer, 0, HEAD + FORS_TREES * 16)));
    } else if (next) {
      finishChains(next, next - CHAINS_A_STEP, at, digits, block, leaf, left, hash, setLeft, take);
      next -= CHAINS_A_STEP;
    } else {
      setAddress(WOTS_KEY, keyPair, 0);
      const key = hash(block);
      setAddress(NODE, 0, 0);
      at += CHAINS * 16;
      const root = climb(key, keyPair, 9);
      if (layer < LAYERS - 1) return beginLayer(root);
      setLeft(root);
      result = VERIFY_GENUINE;
      for (let i = 0; i < 16; i++) if (left[i] !== publicKey[16 + i]) result = VERIFY_REFUSED;
    }
  }

  return {
    step() {
      try {
        if (!result) turn();
      } catch (_) {
        result = VERIFY_REFUSED;
      }
      return result;
    },
  };
}
