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
 * Chains, leaves and nodes are hashed in `work`, head | left | right; what T compresses is gathered in `row`, head | 35 slots.
 * Free memory is collected every hundred hashes: digests fragment the interpreter's free list, and without that every
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
/** PK.seed, zeros and ADRS; then where the fields of ADRS are. */
const HEAD = 86;
const LAYER = 64;
const TREE_HIGH = 65;
const TREE_LOW = 69;
const TYPE = 73;
const KEY_PAIR = 74;
/** Last byte of the third field: no chain or height is above 255. */
const CHAIN = 81;
const INDEX = 82;
const STEP_IN_CHAIN = 85;
/** Types of ADRS. */
const WOTS_KEY = 1;
const NODE = 2;
const FORS_NODE = 3;
const FORS_ROOTS = 4;
const FORS_TREES = 14;
const CHAINS = 35;
/** A step ends with the chain in which it passes this many hashes. A chain has at most 15. */
const HASHES_A_STEP = 40;

/** Algorithm 5, from step `from` of 16 to the end, on what is in the left slot. The one loop that counts: all it needs are its arguments. */
function chain(leaf: Uint8Array, hash: SlhTools['hash'], setLeft: (bytes: ArrayLike<number>) => void, from: number): void {
  for (; from < 15; setLeft(hash(leaf))) leaf[STEP_IN_CHAIN] = from++;
}

/**
 * Starts to verify `signature` (a string of 7856 characters 0..255, read in place) over `message` with `publicKey` (32 bytes).
 * Wrong lengths, and whatever throws on the way, are refusals.
 */
export function startVerify(publicKey: Uint8Array, message: Uint8Array, signature: string, tools: SlhTools): Verifying {
  const row = new Uint8Array(HEAD + CHAINS * 16 + 16);
  const work = new Uint8Array(HEAD + 32);
  const buffer = work.buffer;
  const head = new Uint8Array(buffer, 0, HEAD);
  const leaf = new Uint8Array(buffer, 0, HEAD + 16);
  const left = new Uint8Array(buffer, HEAD, 16);
  const right = new Uint8Array(buffer, HEAD + 16, 16);
  const setLeft = left.set.bind(left);
  const setRight = right.set.bind(right);
  const view = new DataView(buffer);
  const setU32 = view.setUint32.bind(view);
  const hash = tools.hash;
  const take = tools.bytesOf(signature);
  /** First byte of the signature that was not used yet. */
  let at = 16;
  /** -2: nothing done, -1: FORS, 0 to 6: layer of the hypertree. */
  let layer = -2;
  /** FORS tree or chain that comes next. */
  let next = 0;
  /** FORS indices, then the chain digits of the layer. */
  let digits: Uint8Array | Uint16Array = new Uint16Array(FORS_TREES);
  let treeHigh = 0;
  let treeLow = 0;
  let keyPair = 0;
  let turns = 0;
  let result = VERIFY_GO_ON;

  function setType(type: number, pair: number): void {
    work[TYPE] = type;
    setU32(KEY_PAIR, pair);
    work[CHAIN] = 0;
    setU32(INDEX, 0);
  }

  /** From node `index` at height 0 up `height` levels, beside the nodes of the signature (algorithms 11 and 17). */
  function climb(node: ArrayLike<number>, index: number, height: number): ArrayLike<number> {
    for (let level = 1; level <= height; level++) {
      const even = index % 2 === 0;
      setLeft(even ? node : take(at, 16));
      setRight(even ? take(at, 16) : node);
      index >>= 1;
      work[CHAIN] = level;
      setU32(INDEX, index);
      node = hash(work);
      at += 16;
    }
    return node;
  }

  /** T over the first `count` slots of `row`. */
  function compress(type: number, count: number): ArrayLike<number> {
    setType(type, keyPair);
    row.set(head, 0);
    return hash(new Uint8Array(row.buffer, 0, HEAD + count * 16));
  }

  /** The message digest, and the addresses in it. */
  function begin(): void {
    const whole = new Uint8Array(50 + message.length);
    whole.set(take(0, 16), 0);
    whole.set(publicKey, 16);
    whole.set(message, 50);
    const outer = new Uint8Array(68);
    outer.set(whole.slice(0, 32), 0);
    outer.set(tools.sha256(whole), 32);
    outer.set(tools.sha256(outer), 0);
    tools.digits(outer, digits, 12);
    const numbers = new DataView(outer.buffer);
    treeHigh = numbers.getUint32(20) & 0x3fffff;
    treeLow = numbers.getUint32(24);
    keyPair = numbers.getUint16(28) & 511;
    work.set(publicKey, 0);
    work.set(new Uint8Array(16), 16);
    setU32(TREE_HIGH, treeHigh);
    setU32(TREE_LOW, treeLow);
    setType(FORS_NODE, keyPair);
  }

  function forsTree(): void {
    const index = next * 4096 + digits[next]!;
    work[CHAIN] = 0;
    setU32(INDEX, index);
    setLeft(take(at, 16));
    at += 16;
    row.set(climb(hash(leaf), index, 12), HEAD + 16 * next);
  }

  /** Message digits and checksum (algorithm 8), and the address of the layer's key. */
  function beginLayer(node: ArrayLike<number>): void {
    setLeft(node);
    digits = new Uint8Array(CHAINS);
    tools.digits(left, digits, 4);
    const checksum = 32 * 15 - tools.sum(digits);
    digits[32] = checksum >> 8;
    digits[33] = (checksum >> 4) & 15;
    digits[34] = checksum & 15;
    if (++layer) {
      keyPair = treeLow & 511;
      treeLow = (treeLow >>> 9) | (treeHigh << 23);
      treeHigh >>= 9;
      work[LAYER] = layer;
      setU32(TREE_HIGH, treeHigh);
      setU32(TREE_LOW, treeLow);
    }
    setType(0, keyPair);
    next = 0;
  }

  function chains(): void {
    for (let hashes = 0; next < CHAINS && hashes < HASHES_A_STEP; next++) {
      work[CHAIN] = next;
      const from = digits[next]!;
      setLeft(take(at, 16));
      chain(leaf, hash, setLeft, from);
      row.set(left, HEAD + 16 * next);
      hashes += 15 - from;
      at += 16;
    }
  }

  function endLayer(): void {
    const key = compress(WOTS_KEY, CHAINS);
    setType(NODE, 0);
    const node = climb(key, keyPair, 9);
    if (layer < 6) return beginLayer(node);
    setLeft(node);
    result = VERIFY_GENUINE;
    for (let i = 0; i < 16; i++) if (left[i] !== publicKey[16 + i]) result = VERIFY_REFUSED;
  }

  function turn(): void {
    if (++turns % 3 === 0) tools.collect();
    if (layer < -1) {
      begin();
      layer = -1;
    } else if (layer < 0) {
      if (next === FORS_TREES) return beginLayer(compress(FORS_ROOTS, FORS_TREES));
      forsTree();
      next++;
    } else if (next < CHAINS) {
      chains();
    } else {
      endLayer();
    }
  }

  if (publicKey.length !== 32 || signature.length !== SIGNATURE_BYTES) result = VERIFY_REFUSED;
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
