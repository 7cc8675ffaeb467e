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
 * All of it is hashed in one buffer, `block`: head (PK.seed, zeros, ADRS) | 35 slots of 16 bytes | numbers to count down. Chains and
 * leaves are worked on in slot 0, pairs of nodes in slots 0 and 1; what T compresses is put into the other slots meanwhile. A digest
 * of 32 bytes put into a slot spoils the next one, which therefore never holds anything yet.
 * Free memory is collected about every 130 hashes: digests fragment the interpreter's free list, and without that every further hash
 * takes longer than the one before.
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
const FORS_TREE_BYTES = 16 + 12 * 16;
const CHAINS = 35;
const LAYER_BYTES = (CHAINS + 9) * 16;
/** Where the parts of the signature begin, after R. */
const FORS_AT = 16;
const LAYERS_AT = FORS_AT + FORS_TREES * FORS_TREE_BYTES;
/** Chains in a step: 5 x 15 hashes at most. A FORS tree has 13. */
const CHAINS_A_STEP = 5;
/** The first slot for FORS roots, beyond what a digest in slot 1 spoils. */
const FIRST_ROOT = 3;
/** Where in `block` the FORS indices (u16, little-endian) and then the chain digits of a layer (u8) are. */
const NUMBERS = HEAD + CHAINS * 16;

/**
 * Starts to verify `signature` (a string of 7856 characters 0..255, read in place) over `message` with `publicKey` (32 bytes).
 * Wrong lengths, and whatever throws on the way, are refusals.
 */
export function startVerify(publicKey: Uint8Array, message: Uint8Array, signature: string, tools: SlhTools): Verifying {
  const block = new Uint8Array(NUMBERS + CHAINS);
  const take = tools.bytesOf(signature);
  /** Where the FORS tree, or the layer, that comes next begins in the signature. Below FORS_AT it is the verdict. */
  let next = publicKey.length === 32 && signature.length === SIGNATURE_BYTES ? VERIFY_GO_ON : VERIFY_REFUSED;
  /** Chains of the layer that are still to do. */
  let chains = 0;

  /**
   * Algorithm 5 for the next chains, from the last one down: from the signature's value to the end of the chain, into its slot.
   * The hot loop: all it needs are variables of its own, which the interpreter finds at once.
   */
  function finishChains(): void {
    const leaf = block.subarray(0, HEAD + 16);
    const left = block.subarray(HEAD, HEAD + 16);
    const setLeft = left.set.bind(left);
    const hash = tools.hash;
    let chain = chains;
    chains -= CHAINS_A_STEP;
    if (chain % 15 === 10) tools.collect();
    do {
      block[CHAIN] = --chain;
      setLeft(take(next + 16 * chain, 16));
      for (let from = block[NUMBERS + chain]!; from < 15; setLeft(hash(leaf))) leaf[STEP_IN_CHAIN] = from++;
      if (chain) block.set(left, HEAD + 16 * chain);
    } while (chain % CHAINS_A_STEP);
  }

  /**
   * One FORS tree, or the end of a layer: from its leaf up beside the nodes of the signature (algorithms 11 and 17). What the next layer
   * then signs, unless there are more trees, is split into the chains' digits, with their checksum (algorithm 8).
   */
  function climb(): void {
    const set = block.set.bind(block);
    const hash = tools.hash;
    let at = next;
    let index = block[KEY_PAIR]! * 256 + block[KEY_PAIR + 1]!;
    let end = at + LAYER_BYTES;
    let slot = 0;
    block[CHAIN] = block[INDEX] = block[INDEX + 1] = 0;
    if (at < LAYERS_AT) {
      const tree = (at - FORS_AT) / FORS_TREE_BYTES | 0;
      if (tree % 7 === 0) tools.collect();
      index = tree << 12 | block[NUMBERS + 2 * tree + 1]! << 8 | block[NUMBERS + 2 * tree]!;
      slot = FIRST_ROOT + tree;
      end = at + FORS_TREE_BYTES;
      block[TYPE] = FORS_NODE;
      block[INDEX] = index >> 8;
      block[INDEX + 1] = index;
      set(take(at, 16), HEAD);
      set(hash(block.subarray(0, HEAD + 16)), HEAD + 16 * (index & 1));
      at += 16;
    } else {
      block[TYPE] = WOTS_KEY;
      set(hash(block.subarray(0, NUMBERS)), HEAD + 16 * (index & 1));
      block[TYPE] = NODE;
      block[KEY_PAIR] = block[KEY_PAIR + 1] = 0;
      at += CHAINS * 16;
    }
    next = end;
    const pair = block.subarray(0, HEAD + 32);
    do {
      set(take(at, 16), HEAD + 16 * (~index & 1));
      index >>= 1;
      block[CHAIN]!++;
      block[INDEX] = index >> 8;
      block[INDEX + 1] = index;
      at += 16;
      set(hash(pair), HEAD + 16 * (at < end ? index & 1 : slot));
    } while (at < end);
    if (end < LAYERS_AT) return;
    block[CHAIN] = block[INDEX] = block[INDEX + 1] = 0;
    if (slot) {
      block[TYPE] = FORS_ROOTS;
      set(block.subarray(HEAD + FIRST_ROOT * 16, HEAD + (FIRST_ROOT + FORS_TREES) * 16), HEAD);
      set(hash(block.subarray(0, HEAD + FORS_TREES * 16)), HEAD);
    } else {
      if (end === SIGNATURE_BYTES) {
        // An interpreter out of memory stops anywhere without throwing: nothing is genuine before all is compared.
        next = VERIFY_REFUSED;
        let differing = 0;
        for (let i = 0; i < 16; i++) differing |= block[HEAD + i]! ^ publicKey[16 + i]!;
        if (!differing) next = VERIFY_GENUINE;
        return;
      }
      block[LAYER]!++;
      block[KEY_PAIR] = block[TREE + 5]! & 1;
      block[KEY_PAIR + 1] = block[TREE + 6]!;
      for (let i = TREE + 6; i > TREE; i--) block[i] = (block[i - 1]! >> 1) | (block[i - 2]! << 7);
      block[TREE] = 0;
    }
    block[TYPE] = WOTS_HASH;
    const digits = block.subarray(NUMBERS, NUMBERS + 32);
    tools.digits(block.subarray(HEAD, HEAD + 16), digits, 4);
    const checksum = 32 * 15 - tools.sum(digits);
    block[NUMBERS + 32] = checksum >> 8;
    block[NUMBERS + 33] = checksum >> 4 & 15;
    block[NUMBERS + 34] = checksum & 15;
    chains = CHAINS;
  }

  return {
    step() {
      try {
        if (chains) finishChains();
        else if (next >= FORS_AT) climb();
        else if (!next) {
          // The message digest, out of the slots: R | PK.seed | PK.root and then the inner hash | zeros.
          block.set(take(0, 16), HEAD);
          block.set(publicKey, HEAD + 16);
          const inner = new Uint8Array(50 + message.length);
          inner.set(block.subarray(HEAD, HEAD + 48), 0);
          inner.set(message, 50);
          block.set(tools.sha256(inner), HEAD + 32);
          // It is placed so that tree and key pair come to TREE; the key pair then goes where it belongs.
          block.set(tools.sha256(block.subarray(HEAD, HEAD + 68)), TREE - 21);
          tools.digits(block.subarray(TREE - 21, TREE), new Uint16Array(block.buffer, NUMBERS, FORS_TREES), 12);
          block[KEY_PAIR] = block[TREE + 7]! & 1;
          block[KEY_PAIR + 1] = block[TREE + 8]!;
          block[TREE + 8] = block[TREE + 9] = 0;
          block[TREE]! &= 0x3f;
          block.set(publicKey, 0);
          block.fill(0, 16, TREE);
          next = FORS_AT;
        }
      } catch (_) {
        chains = 0;
        next = VERIFY_REFUSED;
      }
      return next < FORS_AT ? next : VERIFY_GO_ON;
    },
  };
}
