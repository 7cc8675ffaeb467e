/** Independent oracle: the signer and verifier of @noble/post-quantum. */
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONG_STEP, SHORT_STEP, startVerify, VERIFY_GENUINE, VERIFY_GO_ON, VERIFY_REFUSED, type SlhTools } from '../../firmware/image/slh-dsa.js';
import { slhTools } from '../../virtual-board/slh-tools.js';
import { signatureCampaign, verdictOf } from '../evidence/signature.js';
import { signedMessageFixture } from './fixture.js';

const { publicKey, message, signature } = signedMessageFixture(1);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('a signature by another implementation', () => {
  test('is accepted, also for an empty and for a long message', { timeout: 120_000 }, () => {
    expect(verdictOf(publicKey, message, signature)).toBe(VERIFY_GENUINE);
    for (const bytes of [0, 5000]) {
      const other = signedMessageFixture(2, bytes);
      expect(slhDsa.verify(other.signature, other.message, other.publicKey)).toBe(true);
      expect(verdictOf(other.publicKey, other.message, other.signature)).toBe(VERIFY_GENUINE);
    }
  });

  test('is refused for every flipped bit that was tried, in signature, message and key', { timeout: 120_000 }, () => {
    const counts = signatureCampaign({ signatures: 1, flips: 240, seed: 1 });
    expect(counts).toMatchObject({ signatures: 1, accepted: 1, flips: 240, refused: 240 });
    expect(Math.min(...Object.values(counts.flipsIn))).toBeGreaterThan(0);
  });

  test('is refused with a context, with another key, and over another message', { timeout: 120_000 }, () => {
    const key = slhDsa.keygen(new Uint8Array(48).fill(3));
    expect(verdictOf(key.publicKey, message, signature)).toBe(VERIFY_REFUSED);
    expect(verdictOf(publicKey, message.slice(1), signature)).toBe(VERIFY_REFUSED);
    const inContext = signedMessageFixture(1, 82, 'lock');
    expect(verdictOf(inContext.publicKey, inContext.message, inContext.signature)).toBe(VERIFY_REFUSED);
  });

  test('is refused at any wrong length of signature or key, before a single hash', () => {
    const noHash: SlhTools = { ...slhTools, hash: () => expect.fail('hashed'), sha256: () => expect.fail('hashed') };
    const text = latin1(signature);
    fc.assert(fc.property(fc.nat(9000), fc.nat(64), (signatureBytes, keyBytes) => {
      if (signatureBytes === 7856 && keyBytes === 32) return true;
      const key = new Uint8Array(keyBytes);
      key.set(publicKey.subarray(0, keyBytes));
      return startVerify(latin1(key), latin1(message), text.padEnd(9000, 'x').slice(0, signatureBytes), noHash).step(SHORT_STEP) === VERIFY_REFUSED;
    }), { numRuns: 50 });
  });
});

describe('a verification', () => {
  test.each([[SHORT_STEP, 55], [LONG_STEP, 32]])('keeps steps of %i short, takes no more than %i, and says its verdict once', (most, mostSteps) => {
    const text = latin1(signature);
    let hashes = 0;
    let longest = 0;
    let steps = 0;
    const counting: SlhTools = { ...slhTools, hash: (data) => (hashes++, slhTools.hash(data)) };
    const verifying = startVerify(latin1(publicKey), latin1(message), text, counting);
    let verdict = VERIFY_GO_ON;
    while (!verdict) {
      const before = hashes;
      verdict = verifying.step(most);
      longest = Math.max(longest, hashes - before);
      steps++;
    }
    expect(steps).toBeLessThanOrEqual(mostSteps);
    // A hash counts as 1, and a chain as 8 more; the last chain may begin when 1 is left.
    expect(longest).toBeLessThanOrEqual(most * (15 / 23) + 15 + 1);
    expect(hashes).toBeGreaterThan(1900);
    expect(hashes).toBeLessThan(2300);
    const all = hashes;
    expect([verdict, verifying.step(SHORT_STEP), verifying.step(SHORT_STEP), hashes]).toEqual([VERIFY_GENUINE, VERIFY_REFUSED, VERIFY_REFUSED, all]);
  });

  test.each([
    ['gives nothing', () => undefined as unknown as Uint8Array],
    ['throws', () => { throw new Error('no memory'); }],
  ])('is refused from then on when the hash suddenly %s', (_, failing) => {
    const text = latin1(signature);
    fc.assert(fc.property(fc.nat(2000), (good) => {
      let hashes = 0;
      const hash = (data: Uint8Array): ArrayLike<number> => (hashes++ < good ? slhTools.hash(data) : failing());
      const verifying = startVerify(latin1(publicKey), latin1(message), text, { ...slhTools, hash });
      expect(() => { while (verifying.step(SHORT_STEP) === VERIFY_GO_ON); }).toThrow();
      return verifying.step(SHORT_STEP) === VERIFY_REFUSED && verifying.step(SHORT_STEP) === VERIFY_REFUSED;
    }), { numRuns: 10 });
  });
});
