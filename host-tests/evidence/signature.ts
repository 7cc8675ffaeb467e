/** Signatures of an independent implementation must be accepted, and no change of a bit may be. Repeatable from the seed. */
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import { startVerify, VERIFY_GENUINE, VERIFY_REFUSED } from '../../firmware/image/slh-dsa.js';
import { slhTools } from '../../virtual-board/slh-tools.js';

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

export function verdictOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): number {
  const verifying = startVerify(publicKey, message, Buffer.from(signature).toString('latin1'), slhTools);
  let verdict = verifying.step();
  while (!verdict) verdict = verifying.step();
  return verdict;
}

export function signatureCampaign(campaign: SignatureCampaign): SignatureCounts {
  const random = generator(campaign.seed);
  const counts: SignatureCounts = {
    seed: campaign.seed, signatures: 0, accepted: 0, flips: 0, refused: 0,
    flipsIn: { randomizer: 0, fors: 0, hypertree: 0, message: 0, publicKey: 0 }, wrong: [],
  };
  for (let number = 0; number < campaign.signatures; number++) {
    const { publicKey, secretKey } = slhDsa.keygen(bytesFrom(random, 48));
    const message = bytesFrom(random, 82);
    const signature = slhDsa.sign(message, secretKey, { extraEntropy: bytesFrom(random, 16) });
    counts.signatures++;
    if (verdictOf(publicKey, message, signature) === VERIFY_GENUINE) counts.accepted++;
    const flips = Math.floor((campaign.flips * (number + 1)) / campaign.signatures) - counts.flips;
    for (let i = 0; i < flips; i++) flipOnce(number, counts, random, { publicKey, message, signature });
  }
  return counts;
}

/** Half of the flips anywhere in the signature, the others in its small parts, in the message and in the key. */
function flipOnce(number: number, counts: SignatureCounts, random: () => number, signed: Record<'publicKey' | 'message' | 'signature', Uint8Array>): void {
  const parts = [
    { name: 'randomizer', of: 'signature', from: 0, bytes: 16 },
    { name: 'fors', of: 'signature', from: 16, bytes: 2912 },
    { name: 'message', of: 'message', from: 0, bytes: 82 },
    { name: 'publicKey', of: 'publicKey', from: 0, bytes: 32 },
    { name: 'hypertree', of: 'signature', from: 2928, bytes: 4928 },
  ] as const;
  const part = parts[Math.min(random() % 8, 4)]!;
  const bit = part.from * 8 + (random() % (part.bytes * 8));
  const changed = { ...signed, [part.of]: signed[part.of].slice() };
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
