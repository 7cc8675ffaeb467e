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
 * All of it is hashed in one buffer, `work`: head (PK.seed, zeros, ADRS) | 35 slots of 16 bytes | the numbers that loops run over. Chains and
 * leaves are worked on in slot 0, pairs of nodes in slots 0 and 1; what T compresses is put into the other slots meanwhile, and so are the
 * FORS indices and the digits of the chains, where nothing else is yet.
 */

/** Gives bytes in a form that `Uint8Array.set` takes. */
export interface SlhBytes {
  substr(offset: number, length: number): ArrayLike<number>;
}

/** What differs between the chip and a host: firmware/platform/slh-tools.ts, virtual-board/slh-tools.ts. */
export interface SlhTools {
  /** SHA-256, all 32 bytes, in a form that `Uint8Array.set` takes. */
  sha256(data: string): ArrayLike<number>;
  /**
   * SHA-256 again, for the two thousand short hashes. Only the first 16 bytes are used: a host gives 16, because its
   * `Uint8Array.set` refuses more than fits; the chip gives 32, because its `set` stops at the end of a view and cutting costs time.
   */
  hash(data: Uint8Array): ArrayLike<number>;
  /** Bytes as a string, one character (0..255) a byte, in memory of its own. */
  text(bytes: ArrayLike<number>): string;
  /** On the chip `text` itself: its `set` takes a string. */
  bytesOf(text: string): SlhBytes;
  /** Splits `from` into numbers of `bits` bits, most significant bit first, into the start of `to`. */
  digits(from: Uint8Array, to: Uint8Array | Uint16Array, map: undefined, bits: number): void;
  sum(values: Uint8Array): number;
  /** Collects free memory. */
  collect(): void;
}

export const VERIFY_GO_ON = 0;
export const VERIFY_GENUINE = 1;
export const VERIFY_REFUSED = 2;

/** How much a step does at most: on an ESP32 19 ms beside other work, and 34 ms where it has a turn to itself (calculated). */
export const SHORT_STEP = 120;
export const LONG_STEP = 277;

export interface Verifying {
  /** Works on for about `most`. VERIFY_GO_ON, then once VERIFY_GENUINE or VERIFY_REFUSED; after that, and after whatever throws, VERIFY_REFUSED for ever. */
  step(most: number): number;
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
/** A chain whose value is at the end already has step 15. */
const LAST_STEP = 14;
/** Types of ADRS. */
const WOTS_HASH = 0;
const WOTS_KEY = 1;
const NODE = 2;
const FORS_NODE = 3;
const FORS_ROOTS = 4;
const FORS_TREES = 14;
const FORS_HEIGHT = 12;
const FORS_TREE_BYTES = 16 + FORS_HEIGHT * 16;
const CHAINS = 35;
const HEIGHT = 9;
/** Where the parts of the signature begin, after R. */
const FORS_AT = 16;
const LAYERS_AT = FORS_AT + FORS_TREES * FORS_TREE_BYTES;
/** What a chain takes of a step: a hash counts as 1, and beginning and ending it as much as 8. */
const CHAIN_COST = 8 + 15;
/** A FORS tree takes as much of a step as so many of its bytes do: 69. */
const TREE_BYTES_A_HASH = 3;
/** The first slot for FORS roots, beyond those that nodes are in. */
const FIRST_ROOT = 2;
/** Where all slots end. */
const SLOTS_END = HEAD + CHAINS * 16;
/** Digits of all chains but the last one, from slot 1 on: a slot is written when its chain is finished, and only digits of chains before it are needed. */
const DIGITS = HEAD + 16;
/** The numbers 0 to 14, and the end. */
const STEPS = SLOTS_END;
const END = STEPS + LAST_STEP + 1;
/** The FORS indices (u16), behind the roots. */
const INDICES = HEAD + (FIRST_ROOT + FORS_TREES) * 16;

/** Short names, and few: each is a variable of the interpreter. */
interface State extends Verifying {
  /** The buffer that all is hashed in. */
  work?: Uint8Array;
  /** The public key. */
  key: string;
  /** The message; then the FORS indices; then slot 0. */
  data: string | Uint16Array | Uint8Array;
  /** The signature. */
  sig: SlhBytes;
  use: SlhTools;
  /** Where the next FORS tree or layer is in the signature. */
  pos: number;
}

/**
 * Starts to verify `signature` (7856 bytes, read in place) over `message` with `publicKey` (32 bytes): strings, one character (0..255) a byte.
 * Wrong lengths, and whatever throws on the way, are refusals.
 */
export function startVerify(publicKey: string, message: string, signature: string, tools: SlhTools): Verifying {
  const state: State = {
    step: publicKey.length === 32 && signature.length === SIGNATURE_BYTES ? digestMessage : refuse,
    key: publicKey, data: message, sig: tools.bytesOf(signature), use: tools, pos: FORS_AT,
  };
  return state;
}

function refuse(): number {
  return VERIFY_REFUSED;
}

/**
 * Algorithm 5 for some chains, from the last one down: from the signature's value to the end of the chain, into its slot.
 *
 * A digest needs four blocks of the interpreter's memory in a row, and looks for them along its list of free ones, from the head: half of the time
 * goes there unless each digest lies where the one before did. What is freed goes to the head of the list, but of a digest only the first block;
 * the others go before the first block there with a higher address, and stay together with it if that is the head. So, at the beginning of a
 * step, a longer text, which lies higher, is made and dropped while the first digest is held: from then on the digest's blocks are at the
 * head whenever a hash has begun, because the loop takes and frees the same blocks each time.
 * Between chains more is in use than within the loop, which would take these blocks too. So the loop has `pad` taken, and what comes in between
 * finds these blocks before it. For that to come out even, nothing but the pad is made between it and the loop, the first loop is the same as the
 * others, and a chain that is not hashed has no pad. Where it does not, every hash takes longer than the one before, and nothing else happens
 * (host-tests/interpreter/signature.test.ts compares with a bare loop).
 */
function climbChains(this: State, most: number): number {
  const block = this.work!;
  const hash = this.use.hash;
  const leaf = block.subarray(0, HEAD + 16);
  const set = (this.data as Uint8Array).set.bind(this.data);
  let index = block[CHAIN]!;
  let rest = block.subarray(STEP_IN_CHAIN, HEAD);
  let pad: number | number[] = [0, 0, 0, 0, 0, 0];
  // An interpreter out of memory stops anywhere without throwing: refused for ever, until all of the step is done.
  this.step = refuse;
  // Slot 0 is free: what the layer signs is split into digits, and the chain before lies in its own slot.
  for (block[STEP_IN_CHAIN] of rest) set(hash(leaf), (this.use.text(leaf), 0));
  pad = 0;
  do {
    block[CHAIN] = --index;
    set(this.sig.substr(this.pos + 16 * index, 16));
    most -= CHAIN_COST - block[STEP_IN_CHAIN]!;
    if (block[STEP_IN_CHAIN]! <= LAST_STEP) {
      rest = block.subarray(STEPS + block[STEP_IN_CHAIN]!);
      pad = [0, 0, 0, 0, 0, 0];
      for (block[STEP_IN_CHAIN] of rest) set(hash(leaf));
      pad = 0;
    }
    // The next chain's digit, before slot 1 is written over the first of them.
    block[STEP_IN_CHAIN] = block[DIGITS - 1 + index]!;
    block.set(this.data as Uint8Array, HEAD + 16 * index);
  } while (index && most > 0);
  this.step = index ? climbChains : climbTree;
  return pad;
}

/** Some FORS trees, or the tree of a layer: from its leaf up beside the nodes of the signature (algorithms 11 and 17). */
function climbTree(this: State, most: number): number {
  const block = this.work!;
  const hash = this.use.hash;
  let hashed = block.subarray(HEAD, HEAD + 32);
  const set = hashed.set.bind(hashed);
  let index: number;
  let at = this.pos;
  hashed = block.subarray(0, HEAD + 32);
  this.step = refuse;
  do {
    const fors = at < LAYERS_AT;
    block[CHAIN] = block[STEP_IN_CHAIN] = 0;
    if (fors) {
      index = (at - FORS_AT) / FORS_TREE_BYTES;
      index = index << 16 | (this.data as Uint16Array)[index]! << 4;
      block[TYPE] = FORS_NODE;
      block[INDEX] = index >> 12;
      block[INDEX + 1] = index >> 4;
      set(this.sig.substr(at, 16));
      at += 16;
    } else {
      index = block[KEY_PAIR]! * 4096 + block[KEY_PAIR + 1]! * 16;
      block[TYPE] = WOTS_KEY;
      at += CHAINS * 16;
    }
    set(hash(block.subarray(0, fors ? HEAD + 16 : SLOTS_END)), index & 16);
    if (!fors) {
      block[TYPE] = NODE;
      block[KEY_PAIR] = block[KEY_PAIR + 1] = 0;
    }
    for (block[CHAIN] of block.subarray(STEPS + 1, STEPS + 1 + (fors ? FORS_HEIGHT : HEIGHT))) {
      set(this.sig.substr(at, 16), ~index & 16);
      at += 16;
      index >>= 1;
      block[INDEX] = index >> 12;
      block[INDEX + 1] = index >> 4;
      set(hash(hashed), index & 16);
    }
    if (fors) block.set(block.subarray(HEAD + (index & 16), HEAD + 16 + (index & 16)), HEAD + 16 * FIRST_ROOT + (index & 240));
  } while (at < LAYERS_AT && at - this.pos < most * TREE_BYTES_A_HASH);
  this.pos = at;
  if (at < LAYERS_AT) this.step = climbTree;
  else if (at === SIGNATURE_BYTES) {
    // Whether what is in slot 0 is PK.root.
    return this.use.text(this.data as Uint8Array) === this.key.substr(16) ? VERIFY_GENUINE : VERIFY_REFUSED;
  } else {
    if (at === LAYERS_AT) {
      block[TYPE] = FORS_ROOTS;
      block[CHAIN] = block[INDEX + 1] = 0;
      block.set(block.subarray(HEAD + FIRST_ROOT * 16, INDICES), HEAD);
      set(hash(block.subarray(0, HEAD + FORS_TREES * 16)));
      this.data = block.subarray(HEAD, HEAD + 16);
    } else {
      block[LAYER]!++;
      block[KEY_PAIR] = block[TREE + 5]! & 1;
      block[KEY_PAIR + 1] = block[TREE + 6]!;
      for (index = TREE + 6; index > TREE; index--) block[index] = (block[index - 1]! >> 1) | (block[index - 2]! << 7);
      block[TREE] = 0;
    }
    // What the next layer signs, in slot 0, is split into the chains' digits, with their checksum (algorithm 8).
    block[TYPE] = WOTS_HASH;
    hashed = block.subarray(DIGITS, DIGITS + 32);
    this.use.digits(this.data as Uint8Array, hashed, undefined, 4);
    index = 32 * 15 - this.use.sum(hashed);
    block[DIGITS + 32] = index >> 8;
    block[DIGITS + 33] = index >> 4 & 15;
    block[STEP_IN_CHAIN] = index & 15;
    block[CHAIN] = CHAINS;
    this.step = climbChains;
  }
  return VERIFY_GO_ON;
}

/** The message digest, and what follows from it. */
function digestMessage(this: State): number {
  const use = this.use;
  const random = use.text(this.sig.substr(0, 16));
  this.step = refuse;
  const digest = use.sha256(random + this.key.substr(0, 16) + use.text(use.sha256(random + this.key + '\0\0' + (this.data as string))) + '\0\0\0\0');
  const block = this.work = new Uint8Array(END);
  // It is placed so that tree and key pair come to TREE; the key pair then goes where it belongs.
  block.set(digest, TREE - 21);
  const selected = block.subarray(TREE - 21, TREE);
  use.digits(selected, this.data = new Uint16Array(block.buffer, INDICES, FORS_TREES), undefined, 12);
  selected.fill(0);
  block.set(use.bytesOf(this.key).substr(0, 16));
  block[KEY_PAIR] = block[TREE + 7]! & 1;
  block[KEY_PAIR + 1] = block[TREE + 8]!;
  block[TREE + 8] = block[TREE + 9] = 0;
  block[TREE]! &= 0x3f;
  for (let i = 15; i--;) block[STEPS + i] = i;
  this.step = climbTree;
  return VERIFY_GO_ON;
}
