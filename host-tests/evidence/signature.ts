/**
 * Signatures of an independent implementation must be accepted, and no change of a bit or of a length may be. Repeatable from the
 * seed. What verifying costs is measured on the real interpreter, where there is one.
 */
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import { LONG_STEP, startVerify, VERIFY_GENUINE, VERIFY_REFUSED } from '../../firmware/image/slh-dsa.js';
import type { Factors } from '../../virtual-board/interpreter/calibrate.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { slhTools } from '../../virtual-board/slh-tools.js';
import { lengthVerdictsOnInterpreter, signatureFigures, verdictsOnInterpreter } from '../interpreter/signature-run.js';
import type { Progress } from './index.js';

export interface SignatureEvidence {
  /** Genuine signatures that were accepted, in Node and on the interpreter. */
  accepted: number;
  rejectedGenuine: number;
  /** Changed bits and wrong lengths that were refused. */
  refused: number;
  acceptedForged: number;
  /** Why the figures of the interpreter are missing. */
  skipped?: string;
  /** One verification on this machine, with signature and code read as fast as mapped flash is. */
  ms?: number;
  /** As many hashes in a bare loop: what no verifier on this interpreter can beat. */
  bareMs?: number;
  shaCalls?: number;
  /** The most JsVars in use at any hash, over those before. */
  varsOverBase?: number;
  minifiedBytes?: number;
  longestStepMs?: number;
  /** The same for the steps that an app takes. */
  longestShortStepMs?: number;
  /** An emulated ESP32 over this machine: multiply. */
  factors?: Factors;
}

/** Fresh keys, and changed bits for each; wrong lengths come on top. */
const KEYS = 12;
const FLIPS_A_KEY = 90;
const WRONG_LENGTHS = [0, 1, 16, 2928, 7855, 7857, 7872, 15712];

export interface SignatureCampaign {
  /** Fresh keys, each signing one message. About 2 s each. */
  signatures: number;
  /** Single-bit changes in all, spread over signature, message and key of every signature. About 10 ms each. */
  flips: number;
  seed: number;
}

export interface SignatureCounts {
  seed: number;
  signatures: number;
  accepted: number;
  flips: number;
  refused: number;
  /** Where the flipped bits were. */
  flipsIn: { randomizer: number; fors: number; hypertree: number; message: number; publicKey: number };
  /** Flips that were not refused, as "signature number: part, bit": must be empty. */
  wrong: string[];
}

/** The whole campaign, and the figures. */
export async function signature(progress: Progress): Promise<SignatureEvidence> {
  const { missing } = findEspruino();
  const counts: SignatureEvidence = { accepted: 0, rejectedGenuine: 0, refused: 0, acceptedForged: 0 };
  const judge = (genuine: number, accepted: number, forged: number, refused: number): void => {
    counts.accepted += accepted;
    counts.rejectedGenuine += genuine - accepted;
    counts.refused += refused;
    counts.acceptedForged += forged - refused;
  };
  for (let seed = 1; seed <= KEYS; seed++) {
    progress((seed - 1) / (KEYS + 2), `key ${seed} of ${KEYS}: signing, ${FLIPS_A_KEY} bits, ${WRONG_LENGTHS.length} wrong lengths`);
    // Signing blocks for seconds: what was said has to be seen before.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const run = signatureCampaign({ signatures: 1, flips: FLIPS_A_KEY, seed });
    judge(run.signatures, run.accepted, run.flips, run.refused);
    const { message, publicKey, signature: genuine } = signedWith(generator(seed));
    const wrong = WRONG_LENGTHS.map((length) => Uint8Array.from({ length }, (_, i) => genuine[i % genuine.length]!));
    judge(0, 0, wrong.length, wrong.filter((each) => verdictOf(publicKey, message, each) === VERIFY_REFUSED).length);
  }
  if (missing !== undefined) return { ...counts, skipped: missing };
  progress(KEYS / (KEYS + 2), 'bits and lengths on the interpreter');
  const flips = Array.from({ length: 20 }, (_, n) => ({ part: 'signature' as const, bit: (n * 3313) % (7856 * 8) }));
  const verdicts = await verdictsOnInterpreter(flips);
  judge(1, verdicts.at(-1) === VERIFY_GENUINE ? 1 : 0, flips.length, verdicts.slice(0, -1).filter((each) => each === VERIFY_REFUSED).length);
  const lengths = await lengthVerdictsOnInterpreter();
  judge(0, 0, lengths.length, lengths.filter((each) => each === VERIFY_REFUSED).length);
  progress((KEYS + 1) / (KEYS + 2), 'timing on the interpreter');
  const figures = await signatureFigures();
  judge(1, figures.verdict === VERIFY_GENUINE ? 1 : 0, 0, 0);
  return {
    ...counts, ms: rounded(figures.ms.plain), bareMs: rounded(figures.bareMs),
    shaCalls: figures.hashes, varsOverBase: figures.peakVars, minifiedBytes: figures.bytes,
    longestStepMs: rounded(figures.longestStepMs.plain), longestShortStepMs: rounded(figures.longestShortStepMs),
    factors: figures.factors,
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

interface Signed {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

const signed = new Map<string, Signed>();

/** Keys, message and signature from the next numbers of `random`: the same numbers, the same signature. */
function signedWith(random: () => number): Signed {
  const { publicKey, secretKey } = slhDsa.keygen(bytesFrom(random, 48));
  const message = bytesFrom(random, 82);
  const extraEntropy = bytesFrom(random, 16);
  const name = Buffer.from(publicKey).toString('hex');
  const known = signed.get(name) ?? { publicKey, message, signature: slhDsa.sign(message, secretKey, { extraEntropy }) };
  signed.set(name, known);
  return known;
}

export function verdictOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): number {
  const [key, text, signed] = [publicKey, message, signature].map((each) => Buffer.from(each).toString('latin1'));
  const verifying = startVerify(key!, text!, signed!, slhTools);
  let verdict = verifying.step(LONG_STEP);
  while (!verdict) verdict = verifying.step(LONG_STEP);
  return verdict;
}

export function signatureCampaign(campaign: SignatureCampaign): SignatureCounts {
  const random = generator(campaign.seed);
  const counts: SignatureCounts = {
    seed: campaign.seed, signatures: 0, accepted: 0, flips: 0, refused: 0,
    flipsIn: { randomizer: 0, fors: 0, hypertree: 0, message: 0, publicKey: 0 }, wrong: [],
  };
  for (let number = 0; number < campaign.signatures; number++) {
    const { publicKey, message, signature } = signedWith(random);
    counts.signatures++;
    if (verdictOf(publicKey, message, signature) === VERIFY_GENUINE) counts.accepted++;
    const flips = Math.floor((campaign.flips * (number + 1)) / campaign.signatures) - counts.flips;
    for (let i = 0; i < flips; i++) flipOnce(number, counts, random, { publicKey, message, signature });
  }
  return counts;
}

/** Half of the flips anywhere in the signature, the others in its small parts, in the message and in the key. */
function flipOnce(number: number, counts: SignatureCounts, random: () => number, genuine: Signed): void {
  const parts = [
    { name: 'randomizer', of: 'signature', from: 0, bytes: 16 },
    { name: 'fors', of: 'signature', from: 16, bytes: 2912 },
    { name: 'message', of: 'message', from: 0, bytes: 82 },
    { name: 'publicKey', of: 'publicKey', from: 0, bytes: 32 },
    { name: 'hypertree', of: 'signature', from: 2928, bytes: 4928 },
  ] as const;
  const part = parts[Math.min(random() % 8, 4)]!;
  const bit = part.from * 8 + (random() % (part.bytes * 8));
  const changed = { ...genuine, [part.of]: genuine[part.of].slice() };
  changed[part.of][bit >> 3]! ^= 1 << (bit & 7);
  counts.flips++;
  counts.flipsIn[part.name]++;
  if (verdictOf(changed.publicKey, changed.message, changed.signature) === VERIFY_REFUSED) counts.refused++;
  else counts.wrong.push(`${number}: ${part.name}, bit ${bit}`);
}

/** xorshift32: unsigned numbers, the same for the same seed. */
function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

function bytesFrom(random: () => number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random() >>> 11);
}
